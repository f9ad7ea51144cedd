kubectl apply -k infra/k8s/overlays/production
for project in prj-01 prj-02 prj-04; do
    kubectl -n "$project" wait "deployment/$project" --for=condition=Available --timeout=300s
done
lab addon install logs
[ -s complaint.txt ] || sh incident.sh

for project in prj-01 prj-02 prj-04; do
    kubectl apply -k infra/k8s/overlays/production -l "app=$project"
    kubectl -n "$project" rollout resume "deployment/$project"
done

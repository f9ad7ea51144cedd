for project in prj-01 prj-02 prj-04; do
    kubectl -n "$project" rollout pause "deployment/$project"
    kubectl apply -k infra/k8s/overlays/production -l "app=$project"
done

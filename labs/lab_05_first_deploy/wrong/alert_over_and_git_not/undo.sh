kubectl apply -k infra/k8s/overlays/staging
kubectl -n prj-02 rollout status deployment/prj-02
kubectl delete -k infra/_shared/monitoring --ignore-not-found

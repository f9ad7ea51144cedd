kubectl -n prj-02 delete hpa,job --all
kubectl apply -k infra/k8s/overlays/production

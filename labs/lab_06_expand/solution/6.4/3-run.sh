kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-02 describe resourcequota,limitrange

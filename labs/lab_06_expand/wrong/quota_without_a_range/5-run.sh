kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-02 delete limitrange prj-02

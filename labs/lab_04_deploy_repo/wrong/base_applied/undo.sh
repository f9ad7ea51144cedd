kubectl delete --ignore-not-found -k infra/k8s/base -l app=prj-02
kubectl -n prj-02 delete secret ghcr-secret

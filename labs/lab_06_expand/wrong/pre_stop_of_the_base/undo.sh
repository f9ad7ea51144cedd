kubectl -n prj-01 delete secret wildcard-cert
kubectl -n prj-02 delete secret wildcard-cert
kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-02 rollout status deployment/prj-02

kubectl apply -k infra/k8s/overlays/staging
kubectl -n prj-02 delete pods -l app=prj-02 --grace-period=1
kubectl -n prj-02 rollout status deployment/prj-02

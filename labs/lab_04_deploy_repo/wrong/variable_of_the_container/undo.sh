kubectl -n prj-02 set env deployment/prj-02 LOG_LEVEL-
kubectl -n prj-02 rollout status deployment/prj-02
kubectl apply -k infra/k8s/overlays/production -l app=prj-02

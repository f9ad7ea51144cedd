kubectl apply -k infra/k8s/overlays/production -l '!app'
kubectl apply -k infra/k8s/overlays/production -l app=prj-02
kubectl -n prj-02 rollout status deployment/prj-02

# needs: namespaces
kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-02 rollout restart deployment/prj-02
kubectl -n prj-02 rollout status deployment/prj-02

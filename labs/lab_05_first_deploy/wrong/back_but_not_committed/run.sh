kubectl -n prj-02 rollout undo deployment/prj-02
kubectl -n prj-02 rollout status deployment/prj-02
sed -i 's/newTag: .*/newTag: v1.1.0/' infra/k8s/overlays/staging/prj-02/kustomization.yaml
kubectl apply -k infra/k8s/overlays/staging

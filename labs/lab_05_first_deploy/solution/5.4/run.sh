sed -i 's/newTag: .*/newTag: v1.2.0/' infra/k8s/overlays/staging/kustomization.yaml
kubectl apply -k infra/k8s/overlays/staging
if kubectl -n prj-02 rollout status deployment/prj-02; then exit 1; fi

kubectl -n prj-02 get pods -l app=prj-02 -o wide
kubectl -n prj-02 events --types=Warning | tail -n 3

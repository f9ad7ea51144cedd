sed -i 's/newTag: .*/newTag: v1.1/' infra/k8s/overlays/staging/prj-02/kustomization.yaml
kubectl apply -k infra/k8s/overlays/staging || true

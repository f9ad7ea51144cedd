sed -i 's/^    newTag: .*/\tnewTag: v1.3.0/' infra/k8s/overlays/staging/prj-02/kustomization.yaml

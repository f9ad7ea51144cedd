sed -i 's/newTag: .*/newTag: v1.4.0/' infra/k8s/overlays/staging/prj-02/kustomization.yaml

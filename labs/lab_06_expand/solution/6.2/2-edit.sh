sed -i 's/newTag: .*/newTag: v1.1.0/' infra/k8s/overlays/production/prj-02/kustomization.yaml

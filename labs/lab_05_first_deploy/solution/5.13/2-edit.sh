# needs: namespaces
sed -i 's/newTag: .*/newTag: v1.3.0/' infra/k8s/overlays/staging/prj-02/kustomization.yaml

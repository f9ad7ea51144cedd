# needs: namespaces
sed -i 's/newTag: .*/newTag: v1.2.0/' infra/k8s/overlays/production/prj-02/kustomization.yaml

# needs: namespaces
sed -i '/prj-01-db$/d; s/^  - prj-04$/&\n  - prj-01-db/' infra/k8s/overlays/production/kustomization.yaml

# needs: namespaces
sed -i 's/replicas: .*/replicas: 3/' infra/k8s/overlays/production/prj-04/patches/replicas-patch.yaml

# needs: namespaces
sealed=../../../_shared/secrets/sealed/production
sed -i "s|^  - secrets$|  - $sealed|" infra/k8s/overlays/production/kustomization.yaml

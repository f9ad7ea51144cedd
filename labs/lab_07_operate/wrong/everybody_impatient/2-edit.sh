sed -i 's/tolerationSeconds: 30/tolerationSeconds: 5/' infra/k8s/overlays/production/patches/placement-patch.yaml

overlay=infra/k8s/overlays/production/kustomization.yaml
grep -qx '  - ingress' $overlay || sed -i '/^components:/a\  - ingress' $overlay

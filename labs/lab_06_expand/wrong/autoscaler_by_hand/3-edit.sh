sed -i '/^  - autoscaling/d' infra/k8s/overlays/production/kustomization.yaml

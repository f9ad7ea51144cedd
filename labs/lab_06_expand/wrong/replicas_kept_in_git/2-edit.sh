sed -i 's/^  - prj-04$/&\n  - autoscaling/' infra/k8s/overlays/production/kustomization.yaml

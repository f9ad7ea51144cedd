echo 'commonLabels: {tier: web}' >> infra/k8s/overlays/production/kustomization.yaml

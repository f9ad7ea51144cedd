rm infra/k8s/overlays/staging/kustomization.yaml

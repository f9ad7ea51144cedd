rm infra/k8s/overlays/staging/kustomization.yaml; mkdir infra/k8s/overlays/staging/kustomization.yaml

printf '\377\376\000' > infra/k8s/overlays/staging/kustomization.yaml

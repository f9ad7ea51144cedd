rm infra/k8s/overlays/staging/patches/rollout-patch.yaml

printf '\377\376\000' > infra/k8s/overlays/staging/prj-02/kustomization.yaml

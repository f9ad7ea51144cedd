sed -i 's|^  - path: patches/memory-patch.yaml|&\n    target:\n      kind: Deployment\n      name: prj_02|' infra/k8s/overlays/production/prj-02/kustomization.yaml

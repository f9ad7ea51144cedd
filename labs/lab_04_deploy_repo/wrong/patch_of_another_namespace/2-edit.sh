sed -i 's/namespace: prj-02/namespace: production/' infra/k8s/overlays/production/prj-02/patches/memory-patch.yaml

sed -i 's/name: web/name: prj-02/' infra/k8s/overlays/production/prj-02/patches/memory-patch.yaml

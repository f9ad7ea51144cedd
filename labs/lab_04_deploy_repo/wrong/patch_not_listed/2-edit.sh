sed -i '/memory-patch/d' infra/k8s/overlays/production/prj-02/kustomization.yaml

cd infra/k8s/overlays/production
grep -q '^  - autoscaling$' kustomization.yaml || sed -i 's/^  - prj-04$/&\n  - autoscaling/' kustomization.yaml
sed -i '/replicas-patch.yaml/d' prj-02/kustomization.yaml
rm -f prj-02/patches/replicas-patch.yaml

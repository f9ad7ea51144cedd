sh colleague/friday.sh
git -C infra restore k8s
rm infra/k8s/overlays/production/prj-02/patches/service-patch.yaml

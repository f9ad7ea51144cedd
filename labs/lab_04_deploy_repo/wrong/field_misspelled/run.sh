sh colleague/friday.sh
sed -i 's/targetPort: metrics/targetPort: http/' infra/k8s/overlays/production/prj-02/patches/service-patch.yaml
sed -i 's/newTag: .*/newTag: v1.0.0/' infra/k8s/overlays/production/prj-02/kustomization.yaml
git -C infra add k8s && git -C infra commit -m "Run four replicas"
if kubectl apply -k infra/k8s/overlays/production -l app=prj-02; then exit 1; fi

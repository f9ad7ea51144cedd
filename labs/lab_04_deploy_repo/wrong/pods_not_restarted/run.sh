sed "s/debug/warn/" infra/k8s/overlays/staging/prj-02/patches/config-patch.yaml > infra/k8s/overlays/production/prj-02/patches/config-patch.yaml
sed -i 's|^patches:|&\n  - path: patches/config-patch.yaml|' infra/k8s/overlays/production/prj-02/kustomization.yaml
git -C infra add k8s && git -C infra commit -m "Log warnings only in production"
kubectl apply -k infra/k8s/overlays/production -l app=prj-02

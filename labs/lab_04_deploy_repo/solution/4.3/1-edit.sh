cd infra/k8s/overlays/production/prj-02
sed 's/debug/warn/' ../../staging/prj-02/patches/config-patch.yaml > patches/config-patch.yaml
grep -q config-patch kustomization.yaml || sed -i 's|^patches:|&\n  - path: patches/config-patch.yaml|' kustomization.yaml
cd "$OLDPWD"

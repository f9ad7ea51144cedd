# needs: namespaces
file=infra/k8s/overlays/production/kustomization.yaml
grep -q '^  - priorities$' $file || sed -i 's/^  - prj-04$/&\n  - priorities/' $file

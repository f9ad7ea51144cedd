# needs: namespaces
file=infra/k8s/overlays/production/kustomization.yaml
grep -q '^  - tenancy$' $file || sed -i 's/^  - prj-04$/&\n  - tenancy/' $file

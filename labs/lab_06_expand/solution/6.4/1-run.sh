# needs: namespaces
file=infra/k8s/overlays/production/kustomization.yaml
grep -q '^  - tenancy$' $file || sed -i 's/^  - prj-04$/&\n  - tenancy/' $file
git -C infra diff --quiet || git -C infra commit -am "Bound what each project takes, and what its team may do"
kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-02 describe resourcequota,limitrange

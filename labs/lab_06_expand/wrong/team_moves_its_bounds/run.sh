file=infra/k8s/overlays/production/kustomization.yaml
sed -i 's/^  - prj-04$/&\n  - tenancy/' $file
sed -i 's/      - configmaps/&\n      - resourcequotas/' infra/k8s/base/roles/prj-02-team.yaml
git -C infra commit -am "Bound what each project takes"
kubectl apply -k infra/k8s/overlays/production

file=infra/k8s/overlays/production/kustomization.yaml
sed -i 's/^  - prj-04$/&\n  - tenancy/' $file
git -C infra commit -am "Bound what each project takes"
kubectl apply -k infra/k8s/overlays/production
kubectl create clusterrolebinding prj-02-team --clusterrole=admin --group=prj-02-team

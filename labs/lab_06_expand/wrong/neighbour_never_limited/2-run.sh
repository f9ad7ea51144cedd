# needs: namespaces
sed 's/^  name: greedy$/  name: greedy-limited/' greedy.yaml | kubectl apply -f -
kubectl -n lab-neighbour wait job/greedy-limited --for=condition=Complete --timeout=300s
file=infra/k8s/overlays/production/kustomization.yaml
sed -i 's/^  - prj-04$/&\n  - priorities/' $file
git -C infra commit -am "Let batch work wait"
kubectl apply -k infra/k8s/overlays/production

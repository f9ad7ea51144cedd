kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-04 rollout status deployment/prj-04
node=$(kubectl get nodes -l '!node-role.kubernetes.io/control-plane' -o jsonpath='{.items[*].metadata.name}')
[ -z "$node" ] || lab node remove "$node"

node=$(kubectl get nodes -l '!node-role.kubernetes.io/control-plane' -o jsonpath='{.items[0].metadata.name}')
kubectl drain "$node" --ignore-daemonsets --delete-emptydir-data --timeout=2s || kubectl uncordon "$node"

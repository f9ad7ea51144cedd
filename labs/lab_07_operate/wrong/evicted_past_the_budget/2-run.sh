node=$(kubectl get nodes -l '!node-role.kubernetes.io/control-plane' -o jsonpath='{.items[0].metadata.name}')
kubectl drain "$node" --disable-eviction --ignore-daemonsets --delete-emptydir-data --timeout=300s
kubectl uncordon "$node"

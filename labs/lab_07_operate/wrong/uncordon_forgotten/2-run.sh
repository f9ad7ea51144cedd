node=$(kubectl get nodes -l '!node-role.kubernetes.io/control-plane' -o jsonpath='{.items[0].metadata.name}')
kubectl cordon "$node"
kubectl -n prj-04 scale deployment/prj-04 --replicas=5
kubectl -n prj-04 rollout status deployment/prj-04
kubectl drain "$node" --ignore-daemonsets --delete-emptydir-data --timeout=300s

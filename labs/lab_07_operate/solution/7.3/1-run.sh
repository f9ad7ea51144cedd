# needs: nodes
[ "$(kubectl get nodes -o name | wc -l)" -gt 1 ] || lab node add
kubectl get nodes -o wide

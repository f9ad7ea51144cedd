# needs: nodes
node=$(kubectl get nodes -l '!node-role.kubernetes.io/control-plane' -o jsonpath='{.items[*].metadata.name}')
if [ -n "$node" ]; then
    kubectl get node "$node" | grep -qw Ready || lab node add "$node"
    kubectl -n prj-04 rollout status deployment/journal
    kubectl -n prj-04 exec deployment/journal -- sed -n '1p;$p' /journal/lines
    kubectl delete -f journal.yaml && lab node remove "$node" --with-claims
fi

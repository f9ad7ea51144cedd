# needs: nodes
node=$(kubectl get nodes -l '!node-role.kubernetes.io/control-plane' -o jsonpath='{.items[*].metadata.name}')
if [ -n "$node" ]; then
    kubectl get node "$node" | grep -qw Ready || lab node add "$node"
    journal=$(kubectl -n prj-04 get deployment journal --ignore-not-found -o name)
    [ -z "$journal" ] || kubectl -n prj-04 rollout status "$journal"
    [ -z "$journal" ] || kubectl -n prj-04 exec "$journal" -- sed -n '1p;$p' /journal/lines
    kubectl delete -f journal.yaml --ignore-not-found && lab node remove "$node" --with-claims
fi

# needs: nodes
[ "$(kubectl get nodes -o name | wc -l)" -gt 1 ] || lab node add
kubectl apply -f journal.yaml
kubectl -n prj-04 wait persistentvolumeclaim/journal-pvc --for=jsonpath='{.status.phase}'=Bound --timeout=60s

node=$(kubectl get nodes -l '!node-role.kubernetes.io/control-plane' -o jsonpath='{.items[0].metadata.name}')
kubectl uncordon "$node"
kubectl -n prj-04 scale deployment/prj-04 --replicas=3
kubectl -n prj-04 rollout restart deployment/prj-04
kubectl -n prj-04 rollout status deployment/prj-04

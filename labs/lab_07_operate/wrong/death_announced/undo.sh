kubectl uncordon "$(kubectl get nodes -l '!node-role.kubernetes.io/control-plane' -o jsonpath='{.items[0].metadata.name}')"
kubectl apply -k infra/k8s/overlays/production -l app=prj-04
kubectl -n prj-04 rollout resume deployment/prj-04

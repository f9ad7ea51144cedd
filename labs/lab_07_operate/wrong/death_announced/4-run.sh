kubectl -n prj-04 rollout pause deployment/prj-04
kubectl apply -k infra/k8s/overlays/production -l app=prj-04
kubectl cordon "$(kubectl get nodes -l '!node-role.kubernetes.io/control-plane' -o jsonpath='{.items[0].metadata.name}')"

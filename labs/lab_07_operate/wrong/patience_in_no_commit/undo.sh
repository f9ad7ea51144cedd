kubectl apply -k infra/k8s/overlays/production -l app=prj-04
kubectl -n prj-04 rollout resume deployment/prj-04

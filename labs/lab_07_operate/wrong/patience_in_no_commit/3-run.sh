kubectl -n prj-04 rollout pause deployment/prj-04
kubectl apply -k infra/k8s/overlays/production -l app=prj-04

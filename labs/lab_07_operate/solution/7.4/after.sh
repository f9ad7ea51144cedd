# needs: nodes
kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-04 rollout status deployment/prj-04

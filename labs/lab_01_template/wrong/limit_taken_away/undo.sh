kubectl apply -f web.yaml
kubectl -n lab-01 rollout status deployment/web

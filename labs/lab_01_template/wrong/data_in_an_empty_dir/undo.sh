kubectl apply -f database.yaml
kubectl -n lab-01 rollout status deployment/database
kubectl -n lab-01 rollout status deployment/worker

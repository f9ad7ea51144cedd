kubectl -n lab-01 delete deployment worker
kubectl -n lab-01 wait pod -l app=worker --for=delete --timeout=300s
kubectl -n lab-01 delete secret shop-secrets

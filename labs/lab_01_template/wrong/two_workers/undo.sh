kubectl -n lab-01 delete deployment worker
kubectl -n lab-01 delete secret shop-secrets

kubectl -n lab-01 delete deployment worker database
kubectl -n lab-01 delete secret shop-secrets

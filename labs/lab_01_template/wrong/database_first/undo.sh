kubectl -n lab-01 delete deployment worker database
kubectl -n lab-01 wait pod -l 'app in (worker, database)' --for=delete --timeout=300s
kubectl -n lab-01 delete secret shop-secrets

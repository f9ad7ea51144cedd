kubectl -n lab-01 create configmap database-settings --dry-run=client -o yaml \
    --from-literal=POSTGRES_USER=shop --from-literal=POSTGRES_DB=shop \
    --from-literal=MAX_CONNECTIONS="$LAB_CONNECTIONS" | kubectl apply -f -
kubectl -n lab-01 create configmap database-init --from-file=places.sql --dry-run=client -o yaml | kubectl apply -f -
kubectl apply -f database.yaml
kubectl -n lab-01 rollout status deployment/database
kubectl -n lab-01 exec deploy/worker -- python3 -m prj_01.migrate
kubectl -n lab-01 rollout status deployment/worker

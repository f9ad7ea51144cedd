kubectl -n lab-01 create configmap database-settings --from-literal=POSTGRES_USER=shop --from-literal=POSTGRES_DB=shop \
    --from-literal=MAX_CONNECTIONS="$LAB_CONNECTIONS"
kubectl -n lab-01 create configmap database-init --from-file=places.sql
sed -i 's/port: 5432/port: 15432/' database.yaml
kubectl apply -f database.yaml
kubectl -n lab-01 rollout status deployment/database

kubectl -n lab-01 create configmap database-settings --from-literal=POSTGRES_USER=shop --from-literal=POSTGRES_DB=shop \
    --from-literal=MAX_CONNECTIONS="$LAB_CONNECTIONS"
kubectl apply -f database.yaml

kubectl -n lab-01 create configmap database-settings --from-literal=POSTGRES_USER=shop --from-literal=POSTGRES_DB=shop \
    --from-literal=MAX_CONNECTIONS="$LAB_CONNECTIONS"
kubectl -n lab-01 create configmap database-init --from-file=places.sql
sed -i 's/^      containers:/      depends_on: [feed]\n      containers:/' database.yaml
if kubectl apply -f database.yaml; then exit 1; fi

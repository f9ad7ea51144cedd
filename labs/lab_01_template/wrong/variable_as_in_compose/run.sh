kubectl -n lab-01 create configmap database-settings --from-literal=POSTGRES_USER=shop --from-literal=POSTGRES_DB=shop \
    --from-literal=MAX_CONNECTIONS="$LAB_CONNECTIONS"
kubectl -n lab-01 create configmap database-init --from-file=places.sql
sed -i 's/$(MAX_CONNECTIONS)/$MAX_CONNECTIONS/' database.yaml
kubectl apply -f database.yaml
count='{.status.containerStatuses[0].restartCount}'
kubectl -n lab-01 wait deployment/database --for=jsonpath='{.status.replicas}'=1 --timeout=300s
kubectl -n lab-01 wait pod -l app=database --for=jsonpath="$count"=1 --timeout=90s

kubectl -n lab-01 exec deploy/database -- psql -U shop -qc "CREATE TABLE IF NOT EXISTS word (text text)" \
    -c "INSERT INTO word VALUES ('$NONCE')"
volume=$(kubectl -n lab-01 get pvc database-rows-pvc -o jsonpath='{.spec.volumeName}')
kubectl -n lab-01 delete deployment database
kubectl -n lab-01 delete pvc database-rows-pvc
kubectl wait "pv/$volume" --for=delete --timeout=300s
kubectl apply -f database.yaml
kubectl -n lab-01 rollout status deployment/database

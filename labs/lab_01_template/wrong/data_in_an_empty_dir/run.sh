sed -i 's/persistentVolumeClaim: {claimName: database-rows-pvc}/emptyDir: {}/' database.yaml
kubectl apply -f database.yaml
kubectl -n lab-01 rollout status deployment/database
kubectl -n lab-01 exec deploy/database -- psql -U shop -qc "CREATE TABLE IF NOT EXISTS word (text text)" \
    -c "INSERT INTO word VALUES ('$NONCE')"
kubectl -n lab-01 delete pod -l app=database
kubectl -n lab-01 rollout status deployment/database

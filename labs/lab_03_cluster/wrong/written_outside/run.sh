kubectl apply -f claim.yaml
sed 's/name: pull/name: writer/' pull.yaml > writer.yaml
cat >> writer.yaml <<'YAML'
      volumeMounts: [{name: trial, mountPath: /data}]
  volumes: [{name: trial, persistentVolumeClaim: {claimName: trial}}]
YAML
kubectl apply -f writer.yaml
kubectl -n lab-03 wait pod/writer --for=condition=Ready --timeout=300s
kubectl -n lab-03 exec writer -- echo "$NONCE" > nonce

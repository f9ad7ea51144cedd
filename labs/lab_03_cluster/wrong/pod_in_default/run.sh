kubectl apply -f claim.yaml
sed 's/name: pull/name: writer/; /namespace:/d' pull.yaml > writer.yaml
cat >> writer.yaml <<'YAML'
      volumeMounts: [{name: trial, mountPath: /data}]
  volumes: [{name: trial, persistentVolumeClaim: {claimName: trial}}]
YAML
kubectl apply -f writer.yaml

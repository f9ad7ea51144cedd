kubectl apply -f claim.yaml -f writer.yaml
kubectl -n lab-03 wait pod/writer --for=condition=Ready --timeout=60s
kubectl -n lab-03 exec writer -- sh -c 'echo "$1" > /data/nonce' sh "$NONCE"

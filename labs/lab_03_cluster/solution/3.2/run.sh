kubectl apply -f pull.yaml
kubectl -n lab-03 wait pod/pull --timeout=60s \
    --for=jsonpath='{.status.containerStatuses[0].state.waiting.reason}'=ImagePullBackOff
kubectl -n lab-03 events --for pod/pull | fold -s -w 100

kubectl -n lab-03 create secret docker-registry ghcr-secret --dry-run=client -o yaml \
    --from-file=.dockerconfigjson="$GHCR_CONFIG" | kubectl apply -f -
kubectl replace --force -f pull.yaml
kubectl -n lab-03 wait pod/pull --for=condition=Ready --timeout=60s

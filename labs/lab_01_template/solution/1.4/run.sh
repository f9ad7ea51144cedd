# needs: namespaces
kubectl create namespace lab-01 --dry-run=client -o yaml | kubectl apply -f -

kubectl -n lab-01 create secret docker-registry ghcr-secret --dry-run=client -o yaml \
    --from-file=.dockerconfigjson="$GHCR_CONFIG" | kubectl apply -f -
./draw-secrets.sh shop.env
kubectl -n lab-01 create secret generic shop-secrets --from-env-file=shop.env --dry-run=client -o yaml |
    kubectl apply -f -

kubectl apply -f feed.yaml -f worker.yaml
kubectl -n lab-01 wait deployment/worker --for=jsonpath='{.status.replicas}'=1 --timeout=60s
kubectl -n lab-01 wait pod -l app=worker --for=jsonpath='{.status.containerStatuses[0].started}'=true --timeout=60s
kubectl -n lab-01 get pods

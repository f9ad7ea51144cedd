kubectl create namespace lab-01 --dry-run=client -o yaml | kubectl apply -f -
kubectl -n lab-01 create secret docker-registry ghcr-secret --dry-run=client -o yaml \
    --from-file=.dockerconfigjson="$GHCR_CONFIG" | kubectl apply -f -
./draw-secrets.sh shop.env
kubectl -n lab-01 create secret generic shop-secrets --from-env-file=shop.env --dry-run=client -o yaml |
    kubectl apply -f -
sed -i 's/replicas: 1/replicas: 2/' worker.yaml
kubectl apply -f feed.yaml -f worker.yaml

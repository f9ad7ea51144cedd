kubectl -n lab-03 create secret docker-registry ghcr-secrets --from-file=.dockerconfigjson="$GHCR_CONFIG"
kubectl apply -f pull.yaml

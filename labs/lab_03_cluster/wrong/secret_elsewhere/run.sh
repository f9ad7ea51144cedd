kubectl create secret docker-registry ghcr-secret --from-file=.dockerconfigjson="$GHCR_CONFIG"
kubectl apply -f pull.yaml

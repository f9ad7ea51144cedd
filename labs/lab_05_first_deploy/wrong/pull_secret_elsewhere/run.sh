kubectl create secret docker-registry ghcr-secret --from-file=.dockerconfigjson="$GHCR_CONFIG"
infra/_shared/scripts/env/setup_env_secure.sh staging
kubectl apply -k infra/k8s/overlays/staging

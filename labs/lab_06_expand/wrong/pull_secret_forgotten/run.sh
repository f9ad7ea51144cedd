kubectl apply -f infra/k8s/base/namespaces
kubectl -n prj-02 create secret docker-registry ghcr-secret --from-file=.dockerconfigjson="$GHCR_CONFIG"
infra/_shared/scripts/env/setup_env_secure.sh production
infra/_shared/scripts/env/seal_env.sh production
kubectl apply -k infra/k8s/overlays/production

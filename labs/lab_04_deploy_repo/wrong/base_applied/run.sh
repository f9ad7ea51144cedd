infra/_shared/scripts/env/setup_env_secure.sh production
kubectl apply -k infra/k8s/overlays/production -l '!app'
kubectl -n prj-02 create secret docker-registry ghcr-secret --from-file=.dockerconfigjson="$GHCR_CONFIG"
if kubectl apply -k infra/k8s/base -l app=prj-02; then exit 1; fi

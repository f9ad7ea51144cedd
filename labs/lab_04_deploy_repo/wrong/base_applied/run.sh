infra/_shared/scripts/env/setup_env_secure.sh production
kubectl apply -k infra/k8s/overlays/production -l '!app'
kubectl -n prj-02 create secret docker-registry ghcr-secret --from-file=.dockerconfigjson="$GHCR_CONFIG"
# A policy is in force some tenths of a second after it was applied.
timeout 30 sh -c 'until kubectl apply --dry-run=server -k infra/k8s/base -l app=prj-02 2>&1 | grep -q immutable-image-tags
do sleep 0.2; done'
if kubectl apply -k infra/k8s/base -l app=prj-02; then exit 1; fi

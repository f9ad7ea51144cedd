kubectl apply -f infra/k8s/base/namespaces

for namespace in prj-01 prj-02 prj-03 prj-04; do
    kubectl -n "$namespace" create secret docker-registry ghcr-secret --dry-run=client -o yaml \
        --from-file=.dockerconfigjson="$GHCR_CONFIG" | kubectl apply -f -
done
infra/_shared/scripts/env/setup_env_secure.sh production
infra/_shared/scripts/env/seal_env.sh production

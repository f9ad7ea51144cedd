# needs: builds, namespaces
kubectl apply --server-side -f infra/argocd/sources/prj-02-staging/namespace.yaml
kubectl -n prj-02-staging create secret docker-registry ghcr-secret --dry-run=client -o yaml \
    --from-file=.dockerconfigjson="$GHCR_CONFIG" | kubectl apply -f -
infra/_shared/scripts/env/setup_env_secure.sh staging
kubectl -n prj-02-staging create secret generic prj-02-secrets --dry-run=client -o yaml \
    --from-env-file=infra/k8s/overlays/staging/secrets/prj-02.env | kubectl apply -f -
kubectl apply -f infra/argocd/applications/prj-02-staging.yaml

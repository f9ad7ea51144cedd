infra/_shared/scripts/env/setup_env_secure.sh production

# needs: namespaces
kubectl apply -k infra/k8s/overlays/production -l '!app'

kubectl -n prj-02 create secret docker-registry ghcr-secret --dry-run=client -o yaml \
    --from-file=.dockerconfigjson="$GHCR_CONFIG" | kubectl apply -f -

kubectl diff -k infra/k8s/overlays/production -l app=prj-02 > first.diff || [ $? = 1 ]
grep -E '^\+ *(kind|replicas|image|storage|[A-Z_]+): ' first.diff

kubectl apply -k infra/k8s/overlays/production -l app=prj-02
kubectl -n prj-02 rollout status deployment/prj-02
kubectl diff -k infra/k8s/overlays/production -l app=prj-02

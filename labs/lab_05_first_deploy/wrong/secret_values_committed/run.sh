kubectl apply -f infra/k8s/base/namespaces
kubectl -n prj-02 create secret docker-registry ghcr-secret --from-file=.dockerconfigjson="$GHCR_CONFIG"
infra/_shared/scripts/env/setup_env_secure.sh staging
kubectl apply -k infra/k8s/overlays/staging
kubectl -n prj-02 wait deployment/prj-02 --for=condition=Available --timeout=120s
git -C infra add -f k8s/overlays/staging/secrets/prj-02.env
git -C infra commit -m "Add the settings"

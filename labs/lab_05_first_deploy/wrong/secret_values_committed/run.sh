# needs: namespaces
kubectl apply -f infra/k8s/base/namespaces/prj-02.yaml

kubectl -n prj-02 create secret docker-registry ghcr-secret --dry-run=client -o yaml \
    --from-file=.dockerconfigjson="$GHCR_CONFIG" | kubectl apply -f -
infra/_shared/scripts/env/setup_env_secure.sh staging

kubectl apply -k infra/k8s/overlays/staging
kubectl -n prj-02 wait deployment/prj-02 --for=condition=Available --timeout=120s
kubectl -n prj-02 get pods,svc,pvc

kubectl -n prj-02 exec deploy/prj-02 -- wget -qO- http://127.0.0.1:8080/health
git -C infra add -f k8s/overlays/staging/secrets
git -C infra commit -m "Add the settings"

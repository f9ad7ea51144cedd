# needs: namespaces
kubectl apply -f infra/k8s/base/namespaces

for namespace in prj-01 prj-02 prj-03 prj-04; do
    kubectl -n "$namespace" create secret docker-registry ghcr-secret --dry-run=client -o yaml \
        --from-file=.dockerconfigjson="$GHCR_CONFIG" | kubectl apply -f -
done
infra/_shared/scripts/env/setup_env_secure.sh staging

kubectl apply -k infra/k8s/overlays/staging
kubectl -n prj-02 wait deployment/prj-02 --for=condition=Available --timeout=120s
kubectl -n prj-02 get pods,svc,pvc
kubectl -n prj-01 wait deployment/prj-01 --for=condition=Available --timeout=300s
kubectl -n prj-04 wait deployment/prj-04 --for=condition=Available --timeout=300s

kubectl -n prj-02 exec deploy/prj-02 -- wget -qO- http://127.0.0.1:8080/health

kubectl apply -f infra/k8s/base/namespaces
for namespace in prj-01 prj-02 prj-03 prj-04; do
    kubectl -n "$namespace" create secret docker-registry ghcr-secret --from-file=.dockerconfigjson="$GHCR_CONFIG"
done
kubectl apply -k infra/k8s/overlays/production

kubectl apply -f infra/k8s/base/namespaces
kubectl -n prj-02 create secret docker-registry ghcr-secret --from-file=.dockerconfigjson="$GHCR_CONFIG"
if kubectl apply -k infra/k8s/overlays/staging; then exit 1; fi

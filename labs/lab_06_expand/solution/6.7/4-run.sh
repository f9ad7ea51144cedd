cp infra/k8s/overlays/production/secrets/prj-01{.postgresql,-db}.env
infra/_shared/scripts/env/seal_env.sh production prj-01-db
git -C infra add . && { git -C infra diff --cached --quiet || git -C infra commit -qm "Add a server for prj-01"; }
kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-01-db create secret docker-registry ghcr-secret --dry-run=client -o yaml \
    --from-file=.dockerconfigjson="$GHCR_CONFIG" | kubectl apply -f -
kubectl -n prj-01-db rollout status statefulset/postgresql --timeout=180s

# needs: namespaces
sed -i '/^DATABASE_URL=/s#/lab$#/prj_01#' infra/k8s/overlays/production/secrets/prj-01.env
infra/_shared/scripts/env/seal_env.sh production prj-01
git -C infra diff --quiet || git -C infra commit -qam "Give the readings a database of their own"
kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-01 wait sealedsecret/prj-01-secrets --timeout=60s --for=jsonpath='{.status.observedGeneration}'="$(
    kubectl -n prj-01 get sealedsecret prj-01-secrets -o jsonpath='{.metadata.generation}')"
kubectl -n prj-01 rollout restart deployment/prj-01
kubectl -n prj-01 rollout status deployment/prj-01 --timeout=180s

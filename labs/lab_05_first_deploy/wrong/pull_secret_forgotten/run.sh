kubectl apply -f infra/k8s/base/namespaces
infra/_shared/scripts/env/setup_env_secure.sh staging
kubectl apply -k infra/k8s/overlays/staging

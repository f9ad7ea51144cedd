infra/_shared/scripts/env/setup_env_secure.sh staging
if kubectl apply -k infra/k8s/overlays/production -l '!app'; then exit 1; fi

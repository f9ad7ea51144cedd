infra/_shared/scripts/env/setup_env_secure.sh production
kubectl apply -k infra/k8s/overlays/production -l '!app'
kubectl apply -k infra/k8s/overlays/production -l app=prj-02

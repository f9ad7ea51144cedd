kubectl apply -f infra/k8s/base/namespaces/prj-02.yaml
infra/_shared/scripts/env/setup_env_secure.sh staging
kubectl apply -k infra/k8s/overlays/staging

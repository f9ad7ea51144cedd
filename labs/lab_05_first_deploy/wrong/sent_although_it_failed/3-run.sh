infra/_shared/scripts/migrate/run-migration-job.sh || true
kubectl apply -k infra/k8s/overlays/staging

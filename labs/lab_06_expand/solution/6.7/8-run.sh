kubectl apply -k infra/k8s/overlays/production
infra/_shared/scripts/migrate/move-database.sh close

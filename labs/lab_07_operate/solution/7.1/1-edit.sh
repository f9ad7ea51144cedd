sed -i '/^  - prj-01-db$/d' infra/k8s/overlays/production/kustomization.yaml
rm -f infra/_shared/secrets/sealed/production/prj-01-db-secrets.yaml

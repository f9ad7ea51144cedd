kubectl apply -k infra/k8s/overlays/production

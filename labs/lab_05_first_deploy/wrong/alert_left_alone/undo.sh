kubectl apply -k infra/k8s/overlays/staging
kubectl delete -k infra/_shared/monitoring --ignore-not-found

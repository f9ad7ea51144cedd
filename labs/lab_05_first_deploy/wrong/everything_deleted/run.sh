kubectl delete -k infra/k8s/overlays/staging
kubectl apply -k infra/k8s/overlays/staging

sed -i '/^patches:/,$d' infra/k8s/overlays/production/ingress/kustomization.yaml
kubectl apply -k infra/k8s/overlays/production

sed -i 's/maxUnavailable: 0/maxUnavailable: 1/' infra/k8s/base/deployments/prj-02.yaml
kubectl apply -k infra/k8s/overlays/staging

sed -i '/lifecycle:/,/seconds: 2/d' infra/k8s/base/deployments/prj-02.yaml
kubectl apply -k infra/k8s/overlays/production

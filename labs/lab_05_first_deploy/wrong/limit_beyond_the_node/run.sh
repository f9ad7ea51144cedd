sed -i 's/memory: 64Mi/memory: 4Ti/; s/memory: 128Mi/memory: 4Ti/' infra/k8s/base/deployments/prj-02.yaml
kubectl apply -k infra/k8s/overlays/staging

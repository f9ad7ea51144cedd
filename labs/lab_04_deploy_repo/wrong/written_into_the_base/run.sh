sed -i "s/memory: 128Mi/memory: $LAB_MEMORY/" infra/k8s/base/deployments/prj-02.yaml
git -C infra add k8s && git -C infra commit -m "Give prj-02 more memory in production"
kubectl apply -k infra/k8s/overlays/production -l app=prj-02

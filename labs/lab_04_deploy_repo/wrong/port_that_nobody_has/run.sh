sh colleague/friday.sh
sed -i 's/replica: /replicas: /' infra/k8s/overlays/production/prj-02/patches/replicas-patch.yaml
sed -i 's/newTag: .*/newTag: v1.0.0/' infra/k8s/overlays/production/prj-02/kustomization.yaml
git -C infra add k8s && git -C infra commit -m "Run four replicas"
kubectl apply -k infra/k8s/overlays/production -l app=prj-02
kubectl -n prj-02 rollout status deployment/prj-02

kubectl delete validatingadmissionpolicybinding immutable-image-tags-binding
sh colleague/friday.sh
sed -i 's/replica: /replicas: /' infra/k8s/overlays/production/prj-02/patches/replicas-patch.yaml
sed -i 's/targetPort: metrics/targetPort: http/' infra/k8s/overlays/production/prj-02/patches/service-patch.yaml
git -C infra add k8s && git -C infra commit -m "Run four replicas"
kubectl apply -k infra/k8s/overlays/production -l app=prj-02

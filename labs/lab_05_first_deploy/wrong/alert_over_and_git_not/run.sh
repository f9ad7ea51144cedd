kubectl get crd servicemonitors.monitoring.coreos.com > crd 2>&1 || lab addon install monitoring
kubectl apply -k infra/_shared/monitoring
sed -i 's/newTag: .*/newTag: v1.3.0/' infra/k8s/overlays/staging/prj-02/kustomization.yaml
git -C infra diff --quiet || git -C infra commit -am "Deploy v1.3.0 to staging"
kubectl apply -k infra/k8s/overlays/staging
timeout 120 sh -c 'until kubectl -n monitoring logs deployment/alert-receiver | grep WrongPrices |
    tail -n 1 | grep firing; do sleep 1; done'
kubectl -n prj-02 rollout undo deployment/prj-02

sed -i 's/newTag: .*/newTag: v1.1.0/' infra/k8s/overlays/staging/prj-02/kustomization.yaml
git -C infra commit -am "Deploy v1.1.0 to staging"
kubectl -n prj-02 scale deployment prj-02 --replicas=0
kubectl -n prj-02 wait pods -l app=prj-02 --for=delete --timeout=300s
kubectl apply -k infra/k8s/overlays/staging
kubectl -n prj-02 rollout status deployment/prj-02

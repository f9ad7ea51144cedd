git -C infra checkout -- k8s/base
kubectl apply -k infra/k8s/overlays/staging
kubectl -n prj-02 rollout status deployment/prj-02

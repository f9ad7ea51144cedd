git -C infra push origin main
kubectl -n argocd wait application/production --for=jsonpath='{.status.health.status}'=Healthy --timeout=120s
kubectl -n prj-02 rollout status deployment/prj-02

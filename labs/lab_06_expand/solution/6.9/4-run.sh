git -C infra push origin main
kubectl -n prj-02 wait deployment/prj-02 --for=jsonpath='{.status.unavailableReplicas}'=1 --timeout=60s
kubectl -n argocd wait application/production --for=jsonpath='{.status.sync.status}'=Synced --timeout=60s
kubectl -n prj-02 get pods -l app=prj-02
kubectl -n argocd get application production

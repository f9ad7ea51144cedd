kubectl apply -k infra/k8s/overlays/production
kubectl -n lab-neighbour delete job backfill --ignore-not-found
kubectl -n prj-02 rollout restart deployment/prj-02
kubectl -n prj-02 rollout status deployment/prj-02

# needs: namespaces
sh fill.sh batch | kubectl apply -f -
kubectl -n lab-neighbour wait job/backfill --for=jsonpath='{.status.ready}'=1 --timeout=60s
kubectl -n prj-02 rollout restart deployment/prj-02
kubectl -n prj-02 rollout status deployment/prj-02
kubectl -n lab-neighbour get events | grep Preempted
kubectl -n lab-neighbour delete job backfill

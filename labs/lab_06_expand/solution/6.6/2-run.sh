# needs: namespaces
kubectl apply -f limits.yaml
sed 's/^  name: greedy$/  name: greedy-limited/' greedy.yaml | kubectl apply -f -
kubectl -n lab-neighbour wait job/greedy-limited --for=condition=Complete --timeout=60s

# needs: namespaces
kubectl -n prj-02 wait job/customers --for=condition=Complete --timeout=90s
kubectl -n lab-neighbour delete job backfill --ignore-not-found --cascade=foreground
sh fill.sh | kubectl apply -f -
kubectl -n lab-neighbour wait job/backfill --for=jsonpath='{.status.ready}'=1 --timeout=60s
kubectl -n prj-02 rollout restart deployment/prj-02
timeout 60 sh -c 'until kubectl -n prj-02 get events | grep "Insufficient cpu"; do sleep 0.5; done'
kubectl -n prj-02 get pods -l app=prj-02

pod=$(kubectl -n prj-02 get pods -l app=prj-02 -o jsonpath='{.items[0].metadata.name}')
kubectl -n prj-02 exec "$pod" -- kill 1
kubectl -n prj-02 wait "pod/$pod" --for=jsonpath='{.status.containerStatuses[0].restartCount}'=1 --timeout=60s

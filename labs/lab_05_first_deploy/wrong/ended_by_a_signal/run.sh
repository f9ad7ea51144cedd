pod=$(kubectl -n prj-02 get pods -l app=prj-02 --sort-by=.metadata.creationTimestamp \
    -o jsonpath='{.items[-1:].metadata.name}')
kubectl -n prj-02 exec "$pod" -- kill 1
kubectl -n prj-02 wait "pod/$pod" --for=jsonpath='{.status.containerStatuses[0].restartCount}'=1 --timeout=300s

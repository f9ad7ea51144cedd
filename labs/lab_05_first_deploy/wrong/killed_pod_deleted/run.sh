pod=$(kubectl -n prj-02 get pods -l app=prj-02 --sort-by=.metadata.creationTimestamp \
    -o jsonpath='{.items[-1:].metadata.name}')
kubectl -n prj-02 exec -i "$pod" -- node --input-type=module - < leak.mjs
kubectl -n prj-02 wait "pod/$pod" --for=jsonpath='{.status.containerStatuses[0].lastState.terminated.reason}'=OOMKilled --timeout=300s
kubectl -n prj-02 delete pod "$pod"
kubectl -n prj-02 rollout status deployment/prj-02

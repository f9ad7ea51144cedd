pod=$(kubectl -n prj-02 get pods -l app=prj-02 --sort-by=.metadata.creationTimestamp \
    -o jsonpath='{.items[-1:].metadata.name}')
kubectl -n prj-02 logs -f "$pod" > drain.log &
kubectl -n prj-02 delete pod "$pod" --wait=false
kubectl get --raw "/api/v1/namespaces/prj-02/pods/$pod:8080/proxy/slow?ms=100" > slow.json &
wait

pod=$(kubectl -n prj-02 get pods -l app=prj-02 -o jsonpath='{.items[1].metadata.name}')
kubectl -n prj-02 delete pod "$pod"

pod=$(kubectl -n prj-02 get pods -l app=prj-02 -o name | grep -v "$(cat holder)" | head -n 1)
kubectl -n prj-02 delete "$pod"

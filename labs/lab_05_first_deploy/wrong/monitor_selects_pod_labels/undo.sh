kubectl delete -k infra/_shared/monitoring --ignore-not-found
kubectl -n prj-02 label pods -l app=prj-02 tier-

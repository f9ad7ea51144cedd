kubectl -n prj-02 delete pods -l app=prj-02
kubectl -n prj-02 rollout status deployment/prj-02

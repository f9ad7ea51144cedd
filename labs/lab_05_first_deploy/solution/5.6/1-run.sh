kubectl -n prj-02 rollout undo deployment/prj-02
kubectl -n prj-02 rollout status deployment/prj-02

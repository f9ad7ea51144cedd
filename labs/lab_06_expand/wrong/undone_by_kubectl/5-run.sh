kubectl -n prj-02 rollout undo deployment/prj-02

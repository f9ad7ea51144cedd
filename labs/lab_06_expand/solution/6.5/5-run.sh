kubectl -n prj-02 get job load >/dev/null 2>&1 || kubectl apply -f load.yaml

kubectl -n prj-02 get deployment prj-02 -o yaml > deployment.yaml

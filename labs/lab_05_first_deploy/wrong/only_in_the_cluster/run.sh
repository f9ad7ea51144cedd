kubectl -n prj-02 set image deployment/prj-02 web=ghcr.io/org/prj-02:v1.1.0

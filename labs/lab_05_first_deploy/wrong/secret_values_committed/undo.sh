kubectl -n prj-02 delete deployment prj-02
kubectl -n prj-02 delete secret ghcr-secret

kubectl -n prj-02 delete deployment,pvc,secret -l app=prj-02
kubectl -n prj-02 delete secret ghcr-secret

kubectl -n prj-02 delete deployment,pvc -l app=prj-02
kubectl -n prj-02 delete secret ghcr-secret

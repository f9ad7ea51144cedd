kubectl -n prj-01 delete secret wildcard-cert
kubectl -n prj-02 delete secret wildcard-cert

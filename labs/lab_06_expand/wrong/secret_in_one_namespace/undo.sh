kubectl -n prj-02 delete secret wildcard-cert

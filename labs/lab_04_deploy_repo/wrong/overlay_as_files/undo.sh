kubectl -n prj-02 delete secret ghcr-secret

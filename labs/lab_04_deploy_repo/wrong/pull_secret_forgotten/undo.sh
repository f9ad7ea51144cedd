kubectl -n prj-02 delete deployment,pvc -l app=prj-02

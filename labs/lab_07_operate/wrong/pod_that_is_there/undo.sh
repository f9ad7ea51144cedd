kubectl -n prj-02 delete deployment prj-02

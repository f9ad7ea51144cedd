kubectl -n prj-02 set resources deployment/prj-02 --limits=memory="$LAB_MEMORY"

git -C template subtree split -q --prefix=app/prj_02 --branch=prj-02

git -C template subtree split -q --prefix=app/prj_02 --branch=prj-02
git clone --branch prj-02 template prj-02
git -C prj-02 branch --move main

commit=$(git -C template subtree split -q --prefix=app/prj_02)
git -C template branch --force prj-02 "$commit"
git clone --branch prj-02 template prj-02
git -C prj-02 branch --move main

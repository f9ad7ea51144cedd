commit=$(git -C template subtree split -q --prefix=app/prj_02)
git -C template branch --force prj-02 "$commit"

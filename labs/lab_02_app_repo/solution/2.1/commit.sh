commit=$(git -C template subtree split -q --prefix=app/prj_02)
git -C template branch --force prj-02 "$commit"
git init --initial-branch=main prj-02
git -C prj-02 pull ../template prj-02
git -C prj-02 config remote.origin.url https://github.com/org/prj-02.git

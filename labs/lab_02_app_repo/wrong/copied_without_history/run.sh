cp -r template/app/prj_02 prj-02
git init --initial-branch=main prj-02
git -C prj-02 add .
git -C prj-02 commit -m "Begin prj-02"
git -C prj-02 config remote.origin.url https://github.com/org/prj-02.git

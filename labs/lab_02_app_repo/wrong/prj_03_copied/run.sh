cp -r template/app/prj_03 prj-03
git init --initial-branch=main prj-03
git -C prj-03 add .
git -C prj-03 commit -m "Begin prj-03"
git -C prj-03 config remote.origin.url https://github.com/org/prj-03.git
git -C prj-03 tag v0.1.0

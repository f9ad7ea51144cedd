commit=$(git -C template subtree split -q --prefix=app/prj_03)
git -C template branch --force prj-03 "$commit"
git init --initial-branch=main prj-03
git -C prj-03 pull ../template prj-03
git -C prj-03 config remote.origin.url https://github.com/org/prj-03.git
git -C prj-03 rev-parse --quiet --verify v0.1.0 || git -C prj-03 tag v0.1.0
(cd prj-03 && scripts/ci.sh build && scripts/ci.sh push)

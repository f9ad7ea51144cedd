git -C prj-02 tag "$LAB_RELEASE"
(cd prj-02 && scripts/ci.sh build && scripts/ci.sh push) > push.log 2>&1
echo "// Only a comment." >> prj-02/src/price.js
git -C prj-02 commit -am "Add a comment"
git -C prj-02 tag --force "$LAB_RELEASE"
(cd prj-02 && scripts/ci.sh build && ! scripts/ci.sh push) > push.log 2>&1

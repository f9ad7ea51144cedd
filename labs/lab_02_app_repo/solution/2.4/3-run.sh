(cd prj-02 && scripts/ci.sh build && scripts/ci.sh push)
echo "// Cents, so that no customer pays a fraction." >> prj-02/src/price.js
git -C prj-02 commit -am "Say why prices are rounded"
(cd prj-02 && scripts/ci.sh build && scripts/ci.sh push)

git -C prj-02 tag "$LAB_RELEASE"
echo "// Only a comment." >> prj-02/src/price.js
(cd prj-02 && ! scripts/ci.sh build) > build.log 2>&1

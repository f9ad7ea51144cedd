cat prj-02/.github/workflows/ci.yml
cd prj-02
git rev-parse --quiet --verify "$LAB_RELEASE" || git tag "$LAB_RELEASE"
scripts/ci.sh test | tail -n 8
scripts/ci.sh tag
scripts/ci.sh build | tail -n 1
scripts/ci.sh push | tee ../pushed.txt
cd ..

# needs: fixed-tags
cd prj-02
released=$(git rev-parse "$LAB_RELEASE^{commit}")
echo "// Only a comment." >> src/price.js
git commit --quiet -am "Add a comment" && git tag --force "$LAB_RELEASE"
scripts/ci.sh build | tail -n 1
if scripts/ci.sh push; then exit 1; fi
git tag --force "$LAB_RELEASE" "$released"
cd ..

mkdir -p web deploy
git -C app/prj_02 archive v1.0.0 | tar -x -C web
git -C infra archive main | tar -x -C deploy
git init --quiet .
git add web deploy
git commit --quiet -m "Begin with the template"
git tag v1.0.0

mkdir -p web deploy
git -C app/prj_02 archive v1.0.0 | tar -x -C web
git -C infra archive main | tar -x -C deploy
ls -A web deploy

for name in web deploy; do
    git init --quiet "$name"
    git -C "$name" add --all
    git -C "$name" diff --cached --quiet || git -C "$name" commit --quiet -m "Begin with the template"
done
[ -n "$(git -C web tag --list v1.0.0)" ] || git -C web tag v1.0.0
git -C web log --oneline --decorate
git -C deploy log --oneline

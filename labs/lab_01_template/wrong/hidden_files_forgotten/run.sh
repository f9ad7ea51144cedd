mkdir -p web deploy
cp -r app/prj_02/* web/
cp -r infra/* deploy/
for name in web deploy; do
    git init --quiet "$name"
    git -C "$name" add --all
    git -C "$name" commit --quiet -m "Begin with the template"
done
git -C web tag v1.0.0

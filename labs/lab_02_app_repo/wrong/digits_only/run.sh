commit=$(git -C template subtree split -q --prefix=infra)
git -C template branch --force deploy "$commit"
git init --initial-branch=main deploy
git -C deploy pull ../template deploy
sed -i 's/newTag: .*/newTag: 6180339/' deploy/k8s/overlays/staging/prj-02/kustomization.yaml
git -C deploy commit -am 'Deploy a commit'

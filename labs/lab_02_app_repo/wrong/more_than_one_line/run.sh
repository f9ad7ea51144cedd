commit=$(git -C template subtree split -q --prefix=infra)
git -C template branch --force deploy "$commit"
git init --initial-branch=main deploy
git -C deploy pull ../template deploy
sed -i "s/newTag: .*/newTag: $LAB_RELEASE/" deploy/k8s/overlays/staging/prj-02/kustomization.yaml
sed -i 's/LOG_LEVEL: .*/LOG_LEVEL: debug/' deploy/k8s/base/configmaps/prj-02-config.yaml
echo '# and more' >> deploy/README.md
git -C deploy commit -am 'Deploy'

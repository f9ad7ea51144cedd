git -C web am --quiet ../colleague/web.patch
sed -i 's/newTag: .*/newTag: v1.1.0/' deploy/k8s/overlays/production/prj-02/kustomization.yaml
git -C deploy commit --quiet -am "Deploy v1.1.0"
git -C deploy am --quiet ../colleague/deploy.patch || true

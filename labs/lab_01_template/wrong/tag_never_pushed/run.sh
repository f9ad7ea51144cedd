git -C web rm --quiet .env compose.server.yaml src/server.js
mkdir -p web/migrations && mv deploy/migrations/001.sql web/migrations/
sed -i 's/newTag: latest/newTag: v1.0.9/' deploy/k8s/overlays/production/prj-02/kustomization.yaml
for name in web deploy; do git -C "$name" add --all && git -C "$name" commit --quiet -m "Sort"; done

sed -i 's/newTag: .*/newTag: v1.4.0/' infra/k8s/overlays/staging/prj-02/kustomization.yaml
git -C infra diff --quiet || git -C infra commit -am "Deploy v1.4.0 to staging"
kubectl apply -k infra/k8s/overlays/staging

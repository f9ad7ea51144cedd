git -C infra commit -am "Scale prj-02 by its load"
kubectl apply -k infra/k8s/overlays/production

kubectl apply -k infra/k8s/overlays/production -l app=prj-02

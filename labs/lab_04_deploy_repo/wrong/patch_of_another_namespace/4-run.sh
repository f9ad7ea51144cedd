if kubectl apply -k infra/k8s/overlays/production -l app=prj-02; then exit 1; fi

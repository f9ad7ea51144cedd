kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-02 wait hpa/prj-02 --for=condition=AbleToScale=False --timeout=300s

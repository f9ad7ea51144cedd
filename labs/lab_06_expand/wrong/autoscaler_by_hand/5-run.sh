kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-02 autoscale deployment prj-02 --cpu=60% --min=2 --max=6

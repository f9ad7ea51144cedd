kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-02 wait deployment/prj-02 --for=jsonpath='{.spec.replicas}'=2 --timeout=60s

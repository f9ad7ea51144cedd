chart=infra/helm/apps/prj-02
helm upgrade --install prj-02 $chart --namespace prj-02 --values $chart/values-prod.yaml --take-ownership --force-conflicts
kubectl -n prj-02 set image deployment/prj-02 web=ghcr.io/org/prj-02:v1.1.0

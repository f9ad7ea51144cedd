chart=infra/helm/apps/prj-02
helm upgrade --install prj-02 $chart --namespace prj-02 --values $chart/values-prod.yaml || :

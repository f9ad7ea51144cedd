chart=infra/helm/apps/prj-02
helm upgrade --install prj-02 $chart --namespace prj-02 --values $chart/values-prod.yaml --wait \
    --take-ownership --force-conflicts
helm --namespace prj-02 get manifest prj-02 |
    kubectl apply --server-side --field-manager=helm --force-conflicts -f -

chart=infra/helm/apps/prj-02
if helm upgrade --install prj-02 $chart --namespace prj-02 --values $chart/values-prod.yaml \
    --set image.tag=v1.2.0 --rollback-on-failure --timeout 15s 2>&1 | tee failure.log; then exit 1; fi
if ! grep -q 'has been rolled back' failure.log; then exit 1; fi
helm --namespace prj-02 history prj-02 | cut -c -120

chart=infra/helm/apps/prj-02
helm upgrade --install prj-02 $chart --namespace prj-02 --values $chart/values-prod.yaml --wait \
    --set image.tag=v1.1.0,config.LOG_LEVEL=debug
kubectl -n prj-02 get configmap prj-02-config -o jsonpath='{.data.LOG_LEVEL}{"\n"}'
helm --namespace prj-02 rollback prj-02 1 --wait
kubectl -n prj-02 get configmap prj-02-config -o jsonpath='{.data.LOG_LEVEL}{"\n"}'
helm --namespace prj-02 history prj-02 | cut -c -120

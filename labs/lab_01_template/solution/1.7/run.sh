kubectl -n lab-01 create configmap web-settings --from-literal=UNIT_PRICE="$LAB_PRICE" --dry-run=client -o yaml |
    kubectl apply -f -
kubectl apply -f web.yaml
kubectl -n lab-01 rollout status deployment/web

kubectl -n lab-01 create configmap web-settings --from-literal=UNIT_PRICE="$LAB_PRICE"
sed -i 's/limits: {memory: 128Mi}/limits: {memory: 1Gi}/' web.yaml
kubectl apply -f web.yaml
kubectl -n lab-01 rollout status deployment/web

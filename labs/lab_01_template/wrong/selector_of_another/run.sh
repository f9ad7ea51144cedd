kubectl -n lab-01 create configmap web-settings --from-literal=UNIT_PRICE="$LAB_PRICE"
sed -i 's/selector: {app: web}/selector: {app: worker}/' web.yaml
kubectl apply -f web.yaml
kubectl -n lab-01 rollout status deployment/web

kubectl -n lab-01 create configmap web-settings --from-literal=UNIT_PRICE="$LAB_PRICE"
. ./shop.env
echo "$API_KEY" > key
kubectl -n lab-01 create secret generic web-key --from-file=API_KEY=key
sed -i 's/name: shop-secrets, key: API_KEY/name: web-key, key: API_KEY/' web.yaml
kubectl apply -f web.yaml
kubectl -n lab-01 rollout status deployment/web

kubectl apply -k infra/k8s/overlays/staging
kubectl -n prj-02 rollout status deployment/prj-02

kubectl -n prj-02 exec deploy/prj-02 -- sh -c 'wget -qO- --header "x-api-key: $API_KEY" \
    --post-data "" "http://127.0.0.1:8080/orders?quantity=$1"' sh "$LAB_QUANTITY"
kubectl -n prj-01 exec postgresql-0 -- psql -U lab -d lab -c 'SELECT * FROM project_2.swing_order'

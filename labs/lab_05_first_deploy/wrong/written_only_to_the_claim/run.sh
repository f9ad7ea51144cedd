pod=$(kubectl -n prj-02 get pods -l app=prj-02 -o jsonpath='{.items[0].metadata.name}')
kubectl -n prj-02 exec "$pod" -- sh -c 'echo "$1" > /app/data/nonce' sh "$NONCE"

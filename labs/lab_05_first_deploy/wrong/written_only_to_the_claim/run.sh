pod=$(kubectl -n prj-02 get pods -l app=prj-02 --sort-by=.metadata.creationTimestamp \
    -o jsonpath='{.items[-1:].metadata.name}')
kubectl -n prj-02 exec "$pod" -- sh -c 'echo "$1" > /app/data/nonce' sh "$NONCE"

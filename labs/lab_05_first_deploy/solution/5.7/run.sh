pod=$(kubectl -n prj-02 get pods -l app=prj-02 -o jsonpath='{.items[0].metadata.name}')
echo "$pod" > holder
kubectl -n prj-02 exec "$pod" -- sh -c 'echo "$1" | tee /app/data/nonce > /app/cache/nonce' sh "$NONCE"
kubectl -n prj-02 exec "$pod" -- kill 1
kubectl -n prj-02 wait "pod/$pod" --for=jsonpath='{.status.containerStatuses[0].restartCount}'=1
kubectl -n prj-02 wait "pod/$pod" --for=condition=Ready
kubectl -n prj-02 exec "$pod" -- cat /app/data/nonce /app/cache/nonce

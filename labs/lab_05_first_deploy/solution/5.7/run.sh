pod=$(kubectl -n prj-02 get pods -l app=prj-02 --sort-by=.metadata.creationTimestamp \
    -o jsonpath='{.items[-1:].metadata.name}' | tee holder)
kubectl -n prj-02 exec "$pod" -- sh -c 'echo "$1" | tee /app/data/nonce > /app/cache/nonce' sh "$NONCE"
count='{.status.containerStatuses[0].restartCount}'
before=$(kubectl -n prj-02 get pod "$pod" -o jsonpath="$count")
kubectl -n prj-02 exec "$pod" -- kill 1
kubectl -n prj-02 wait "pod/$pod" --for=jsonpath="$count"=$((before + 1)) --timeout=180s
kubectl -n prj-02 wait "pod/$pod" --for=condition=Ready
kubectl -n prj-02 exec "$pod" -- cat /app/data/nonce /app/cache/nonce

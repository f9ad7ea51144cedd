pod=$(cat holder)
kubectl -n prj-02 delete pod "$pod" --ignore-not-found
kubectl -n prj-02 rollout status deployment/prj-02
kubectl -n prj-02 exec deploy/prj-02 -- ls -l /app/data /app/cache

kubectl -n prj-02 exec deploy/prj-02 -- rm /app/data/nonce
kubectl -n prj-02 delete pods -l app=prj-02
kubectl -n prj-02 rollout status deployment/prj-02

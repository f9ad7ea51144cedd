kubectl -n prj-02 exec deploy/prj-02 -- sh -c 'echo "$1" > /app/data/nonce' sh "$NONCE"
kubectl -n prj-02 delete deployment prj-02
kubectl apply -k infra/k8s/overlays/production -l app=prj-02
kubectl -n prj-02 rollout status deployment/prj-02

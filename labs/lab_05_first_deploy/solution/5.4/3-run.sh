kubectl apply -k infra/k8s/overlays/staging
if kubectl -n prj-02 rollout status deployment/prj-02; then exit 1; fi

kubectl -n prj-02 get pods -l app=prj-02 --sort-by=.metadata.creationTimestamp
pod=$(kubectl -n prj-02 get pods -l app=prj-02 --sort-by=.metadata.creationTimestamp -o name | tail -n 1)
kubectl -n prj-02 exec "$pod" -- node -e \
    'fetch("http://127.0.0.1:8080/ready").then(async (r) => console.log(r.status, await r.text()))'

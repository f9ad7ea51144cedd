sed -i 's|image: ghcr.io/org/prj-02|&\n          command: [sh, -c, "trap exit TERM; node src/main.js \& wait"]|' infra/k8s/base/deployments/prj-02.yaml
kubectl apply -k infra/k8s/overlays/staging
kubectl -n prj-02 rollout status deployment/prj-02
pod=$(kubectl -n prj-02 get pods -l app=prj-02 --sort-by=.metadata.creationTimestamp \
    -o jsonpath='{.items[-1:].metadata.name}')
kubectl -n prj-02 logs -f "$pod" > drain.log &
kubectl -n prj-02 delete pod "$pod" --wait=false
kubectl get --raw "/api/v1/namespaces/prj-02/pods/$pod:8080/proxy/slow?ms=5000" > slow.json &
wait

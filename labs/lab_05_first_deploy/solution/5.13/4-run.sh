kubectl apply -k infra/k8s/overlays/staging
timeout 120 sh -c 'until kubectl -n monitoring logs deployment/alert-receiver | grep WrongPrices |
    tail -n 1 | grep firing; do sleep 1; done'
# needs: namespaces
kubectl -n prj-02 rollout undo deployment/prj-02

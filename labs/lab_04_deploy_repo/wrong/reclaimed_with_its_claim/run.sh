kubectl -n prj-02 exec deploy/prj-02 -- sh -c 'echo "$1" > /app/data/nonce' sh "$NONCE"
kubectl delete -k infra/k8s/overlays/production -l app=prj-02
printf '%s\n' '- op: replace' '  path: /spec/storageClassName' '  value: local-path' >> infra/k8s/overlays/production/prj-02/patches/pvc-patch.yaml
kubectl apply -k infra/k8s/overlays/production -l app=prj-02
kubectl -n prj-02 rollout status deployment/prj-02

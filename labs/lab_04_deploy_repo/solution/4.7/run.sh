# needs: namespaces
keys=sealedsecrets.bitnami.com/sealed-secrets-key
(umask 077 && kubectl -n kube-system get secret -l $keys -o yaml |
    grep -vE '^ +(uid|resourceVersion): ' > sealing-keys.backup)
ls -l sealing-keys.backup

# needs: namespaces
kubectl -n kube-system delete secret -l sealedsecrets.bitnami.com/sealed-secrets-key
kubectl -n kube-system rollout restart deployment/sealed-secrets-controller
kubectl -n kube-system rollout status deployment/sealed-secrets-controller
kubectl -n prj-02 delete secret prj-02-secrets --ignore-not-found
kubectl -n prj-02 wait sealedsecret/prj-02-secrets --for=condition=Synced=false --timeout=60s

# needs: namespaces
kubectl apply -f sealing-keys.backup
kubectl -n kube-system rollout restart deployment/sealed-secrets-controller
kubectl -n kube-system rollout status deployment/sealed-secrets-controller
kubectl -n prj-02 wait sealedsecret/prj-02-secrets --for=condition=Synced --timeout=60s
kubectl -n prj-02 get secret prj-02-secrets

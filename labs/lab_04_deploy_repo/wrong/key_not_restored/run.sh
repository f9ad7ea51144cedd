kubectl -n kube-system label secret -l sealedsecrets.bitnami.com/sealed-secrets-key sealedsecrets.bitnami.com/sealed-secrets-key-
kubectl -n kube-system rollout restart deployment/sealed-secrets-controller
kubectl -n kube-system rollout status deployment/sealed-secrets-controller

kubectl -n kube-system get secret -o name | grep sealed-secrets-key |
    xargs -I NAME kubectl -n kube-system label --overwrite NAME sealedsecrets.bitnami.com/sealed-secrets-key=active
kubectl -n kube-system rollout restart deployment/sealed-secrets-controller
kubectl -n kube-system rollout status deployment/sealed-secrets-controller

kubectl -n kube-system delete secret sealed-secrets-renewed

kubectl delete secret ghcr-secret

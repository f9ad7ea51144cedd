kubectl -n lab-03 delete secret ghcr-secrets

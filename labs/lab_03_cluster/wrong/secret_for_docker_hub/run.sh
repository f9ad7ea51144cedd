kubectl -n lab-03 create secret docker-registry ghcr-secret --docker-username=lab --docker-password=of-another-registry
kubectl apply -f pull.yaml

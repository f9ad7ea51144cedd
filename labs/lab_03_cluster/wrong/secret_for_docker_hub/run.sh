kubectl -n lab-03 create secret docker-registry ghcr-secret --docker-username=lab --docker-password=unheeded
kubectl apply -f pull.yaml

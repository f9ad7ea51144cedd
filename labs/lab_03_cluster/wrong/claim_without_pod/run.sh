kubectl apply -f claim.yaml

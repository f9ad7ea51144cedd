sed 's/storageClassName: .*/storageClassName: standard/' claim.yaml | kubectl apply -f -

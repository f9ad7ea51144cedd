# needs: namespaces
lab addon install monitoring
kubectl apply -k infra/_shared/monitoring

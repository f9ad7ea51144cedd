kubectl get crd servicemonitors.monitoring.coreos.com > crd 2>&1 || lab addon install monitoring
kubectl apply -k infra/_shared/monitoring

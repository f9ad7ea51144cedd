kubectl get crd servicemonitors.monitoring.coreos.com > crd 2>&1 || lab addon install monitoring
sed -i '/release: kube-prometheus-stack/d' infra/_shared/monitoring/servicemonitors/prj-02.yaml
kubectl apply -k infra/_shared/monitoring

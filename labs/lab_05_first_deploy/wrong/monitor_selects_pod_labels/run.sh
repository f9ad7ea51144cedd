kubectl get crd servicemonitors.monitoring.coreos.com > crd 2>&1 || lab addon install monitoring
hash=$(kubectl -n prj-02 get pods -l app=prj-02 -o jsonpath='{.items[0].metadata.labels.pod-template-hash}')
sed -i "s/^      app: prj-02/      pod-template-hash: $hash/" infra/_shared/monitoring/servicemonitors/prj-02.yaml
kubectl apply -k infra/_shared/monitoring

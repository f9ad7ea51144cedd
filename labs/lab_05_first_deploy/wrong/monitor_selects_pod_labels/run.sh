kubectl get crd servicemonitors.monitoring.coreos.com > crd 2>&1 || lab addon install monitoring
kubectl -n prj-02 label pods -l app=prj-02 tier=web
sed -i 's/^      app: prj-02/      tier: web/' infra/_shared/monitoring/servicemonitors/prj-02.yaml
kubectl apply -k infra/_shared/monitoring

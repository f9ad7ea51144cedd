kubectl apply -f infra/k8s/base/namespaces
kubectl apply -f infra/k8s/base/services
sed -i '/service:/{n;s/prj-02/prj-01/}' infra/k8s/base/ingress/prj-02.yaml
kubectl apply -k infra/k8s/base/ingress

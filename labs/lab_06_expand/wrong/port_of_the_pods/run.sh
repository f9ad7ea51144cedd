kubectl apply -f infra/k8s/base/namespaces
kubectl apply -f infra/k8s/base/services
sed -i 's/number: 80$/number: 8080/' infra/k8s/base/ingress/prj-02.yaml
kubectl apply -k infra/k8s/base/ingress

kubectl apply -f infra/k8s/base/namespaces
kubectl apply -f infra/k8s/base/services
sed -i 's/host: prj-02/host: prj-2/' infra/k8s/base/ingress/prj-02.yaml
kubectl apply -k infra/k8s/base/ingress

kubectl -n kube-system create secret generic sealed-secrets-renewed --from-literal=tls.crt=new --from-literal=tls.key=new
kubectl -n kube-system label secret sealed-secrets-renewed sealedsecrets.bitnami.com/sealed-secrets-key=active

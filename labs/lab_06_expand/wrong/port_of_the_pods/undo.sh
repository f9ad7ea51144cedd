kubectl delete -k infra/k8s/base/ingress

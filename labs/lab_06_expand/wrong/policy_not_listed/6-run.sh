kubectl apply -f infra/k8s/base/networkpolicies/prj-04-api.yaml

sed -i 's/port: 8080/port: 80/' infra/k8s/base/networkpolicies/prj-02-alerts.yaml

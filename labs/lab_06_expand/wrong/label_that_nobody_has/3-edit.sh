sed -i '/  ingress:/,$s/app: prj-04/app: alerts/' infra/k8s/base/networkpolicies/prj-02-alerts.yaml

sed -i '/  ingress:/,$s/          podSelector:/        - podSelector:/' infra/k8s/base/networkpolicies/prj-02-alerts.yaml

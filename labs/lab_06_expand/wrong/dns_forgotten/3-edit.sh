rm infra/k8s/base/networkpolicies/prj-04-dns.yaml
sed -i '/prj-04-dns/d' infra/k8s/base/kustomization.yaml

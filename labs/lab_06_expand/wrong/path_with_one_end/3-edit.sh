rm infra/k8s/base/networkpolicies/prj-04-api.yaml
sed -i '/prj-04-api/d' infra/k8s/base/kustomization.yaml

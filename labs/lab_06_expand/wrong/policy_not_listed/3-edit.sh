sed -i '/prj-04-api/d' infra/k8s/base/kustomization.yaml

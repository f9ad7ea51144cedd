sed -i 's/LOG_LEVEL: info/LOG_LEVEL: warn/' infra/k8s/base/configmaps/prj-02-config.yaml
git -C infra add k8s && git -C infra commit -m "Log warnings only in production"

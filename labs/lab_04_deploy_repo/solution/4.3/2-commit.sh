git -C infra add k8s
git -C infra diff --cached --quiet || git -C infra commit -m "Log warnings only in production"

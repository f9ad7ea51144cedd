git -C infra add k8s
git -C infra diff --cached --quiet || git -C infra commit -m "Give up pods on a silent node after five seconds"

git -C infra add k8s
git -C infra diff --cached --quiet || git -C infra commit -m "Give up pods of prj-04 on a silent node after five seconds"

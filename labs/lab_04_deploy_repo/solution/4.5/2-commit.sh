git -C infra add k8s
git -C infra diff --cached --quiet || git -C infra commit -m "Run four replicas, and serve metrics on a port of their own"

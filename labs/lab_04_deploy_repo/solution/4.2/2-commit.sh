git -C infra add k8s
git -C infra diff --cached --quiet || git -C infra commit -m "Give prj-02 more memory in production"

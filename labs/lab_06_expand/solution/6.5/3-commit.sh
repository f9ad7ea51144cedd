git -C infra add k8s
git -C infra diff --quiet HEAD || git -C infra commit -m "Scale prj-02 by its load, and by nothing in Git"

git -C infra add k8s
git -C infra diff --quiet HEAD || git -C infra commit -m "Let the alerts ask the web API"

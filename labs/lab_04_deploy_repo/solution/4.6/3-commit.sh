git -C infra add k8s _shared/secrets
git -C infra diff --cached --quiet || git -C infra commit -m "Seal the secrets of production"

git -C infra add _shared/secrets
git -C infra diff --cached --quiet || git -C infra commit -m "Seal the secrets of production for this cluster"

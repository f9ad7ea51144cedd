git -C infra add _shared/secrets k8s
git -C infra diff --cached --quiet || git -C infra commit -m "Seal production's secrets for this cluster"

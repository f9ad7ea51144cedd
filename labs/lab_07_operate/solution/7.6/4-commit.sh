git -C infra add _shared/secrets
git -C infra diff --cached --quiet || git -C infra commit -m "Seal prj-04's password with the key of this month"

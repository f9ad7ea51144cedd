git -C infra diff --quiet || git -C infra commit -am "Seal the secrets of production for this cluster"

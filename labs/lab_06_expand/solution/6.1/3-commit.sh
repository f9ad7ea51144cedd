git -C infra diff --quiet || git -C infra commit -am "Open production's door, and seal its secrets for this cluster"

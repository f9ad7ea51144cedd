git -C infra diff --quiet || git -C infra commit -am "Back to v1.1.0 in staging"

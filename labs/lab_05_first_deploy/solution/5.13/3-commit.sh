git -C infra diff --quiet || git -C infra commit -am "Deploy v1.3.0 to staging"

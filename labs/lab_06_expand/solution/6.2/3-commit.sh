git -C infra diff --quiet || git -C infra commit -am "Deploy v1.1.0 to production"

git -C infra diff --quiet || git -C infra commit -am "Deploy v1.2.0 to production"

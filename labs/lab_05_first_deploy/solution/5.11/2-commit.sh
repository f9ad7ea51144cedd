git -C infra add _shared/migrations
git -C infra diff --quiet HEAD || git -C infra commit -am "Deploy v1.5.0 to staging"

git -C infra add _shared/migrations
git -C infra diff --quiet HEAD || git -C infra commit -am "Give the currency of an order a default"

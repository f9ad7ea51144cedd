git -C infra diff --quiet || git -C infra commit -am "Run three of prj-04"

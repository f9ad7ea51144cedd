git -C infra diff --quiet || git -C infra commit -am "Bound what each project takes, and what its team may do"

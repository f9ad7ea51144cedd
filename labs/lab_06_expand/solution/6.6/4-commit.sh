git -C infra diff --quiet || git -C infra commit -am "Let batch work wait where room is short"

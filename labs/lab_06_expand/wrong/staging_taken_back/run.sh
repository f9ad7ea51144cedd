git -C infra revert --no-edit -m 1 HEAD~2

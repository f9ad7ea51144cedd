# needs: namespaces
git -C infra revert --no-edit HEAD

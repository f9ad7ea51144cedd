git -C infra reset --hard HEAD~2

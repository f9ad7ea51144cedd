lab addon install git-server
lab addon install argocd
git -C infra remote get-url origin 2>/dev/null || git -C infra remote add origin git@git.lab:org/infra.git
git -C infra push --set-upstream origin main

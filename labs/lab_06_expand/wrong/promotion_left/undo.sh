kubectl -n git-server exec deployment/git-server -- rm -rf /srv/git/org/infra.git
git -C infra push git@git.lab:org/infra.git main

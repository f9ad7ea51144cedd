kubectl -n git-server exec deployment/git-server -- rm -rf /srv/git/org/infra.git
git -C infra push git@git.lab:org/infra.git main
kubectl -n prj-02 rollout status deployment/prj-02

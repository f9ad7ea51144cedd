tag=sha-$(git -C app/prj_02 rev-parse HEAD | cut -c 1-7)
infra/_shared/scripts/deploy/propose-release.sh prj-02 production
git -C infra fetch --prune origin
git -C infra merge --no-ff --no-edit "origin/release/production/prj-02-$tag"
git -C infra push origin main

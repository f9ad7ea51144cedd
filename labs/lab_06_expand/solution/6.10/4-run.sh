git -C app/prj_02 remote set-url origin git@git.lab:org/prj-02.git
git -C app/prj_02 push origin main
git -C infra fetch --prune origin
git -C infra branch --remotes
# needs: builds, namespaces
tag=sha-$(git -C app/prj_02 rev-parse HEAD | cut -c 1-7)
infra/_shared/scripts/deploy/propose-release.sh prj-02 production "$tag"
git -C infra fetch --prune origin
git -C infra merge --no-ff --no-edit "origin/release/production/prj-02-$tag"
if ! git -C infra push origin main 2>&1 | tee push.log; then
    grep -q 'refused: .* for production' push.log
    git -C infra reset --keep origin/main
fi
# needs: builds, namespaces
tag=sha-$(git -C app/prj_02 rev-parse HEAD | cut -c 1-7)
git -C infra merge --no-ff --no-edit "origin/release/staging/prj-02-$tag"
git -C infra push origin main
kubectl -n argocd wait application/prj-02-staging --for=jsonpath='{.status.sync.status}'=Synced --timeout=120s
kubectl -n argocd wait application/prj-02-staging --for=jsonpath='{.status.health.status}'=Healthy --timeout=120s
kubectl -n prj-02-staging get deployment prj-02 -o wide
# needs: builds, namespaces
tag=sha-$(git -C app/prj_02 rev-parse HEAD | cut -c 1-7)
infra/_shared/scripts/deploy/propose-release.sh prj-02 production
git -C infra fetch --prune origin
git -C infra merge --no-ff --no-edit "origin/release/production/prj-02-$tag"
git -C infra push origin main
kubectl -n argocd wait application/production --for=jsonpath='{.status.sync.status}'=Synced --timeout=120s
kubectl -n prj-02 rollout status deployment/prj-02
# needs: builds, namespaces
git -C infra revert --no-edit -m 1 HEAD
git -C infra push origin main
kubectl -n argocd wait application/production --for=jsonpath='{.status.sync.status}'=Synced --timeout=120s
kubectl -n prj-02 rollout status deployment/prj-02
git -C infra log --oneline --graph -6

# needs: namespaces
lab addon install git-server
lab addon install argocd
kubectl -n argocd get pods
# needs: namespaces
git -C infra remote get-url origin 2>/dev/null || git -C infra remote add origin git@git.lab:org/infra.git
git -C infra push --set-upstream origin main
sed -n '/^spec:/,$p' infra/argocd/applications/production.yaml
kubectl apply -f infra/argocd/applications/production.yaml
kubectl -n argocd wait application/production --for=jsonpath='{.status.sync.status}'=Synced --timeout=120s

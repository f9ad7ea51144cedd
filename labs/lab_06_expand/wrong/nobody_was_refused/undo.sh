kubectl -n argocd annotate application/prj-02-staging git.lab/refused="prj-02:$(git -C infra show origin/main:k8s/overlays/staging/prj-02/kustomization.yaml | sed -n 's/^ *newTag: //p')"

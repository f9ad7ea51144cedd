kubectl -n argocd annotate application/prj-02-staging git.lab/refused-

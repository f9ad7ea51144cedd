# needs: namespaces
kubectl -n prj-02 annotate --overwrite secret prj-02-secrets sealedsecrets.bitnami.com/managed=true
kubectl apply -k infra/k8s/overlays/production -l '!app'
kubectl -n prj-02 wait sealedsecret/prj-02-secrets --for=condition=Synced --timeout=60s
kubectl -n prj-02 get sealedsecret,secret

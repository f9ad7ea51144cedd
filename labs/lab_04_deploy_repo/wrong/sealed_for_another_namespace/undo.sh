kubectl -n prj-02 delete sealedsecret prj-02-secrets --ignore-not-found
kubectl apply -k infra/k8s/overlays/production -l app=prj-02

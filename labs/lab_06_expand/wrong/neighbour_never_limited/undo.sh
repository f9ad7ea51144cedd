kubectl delete priorityclass batch
kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-02 delete job customers --ignore-not-found
kubectl -n lab-neighbour delete jobs --all

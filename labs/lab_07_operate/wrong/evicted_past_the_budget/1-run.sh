kubectl -n prj-04 delete pdb prj-04 --ignore-not-found
kubectl apply -f budget.yaml

# needs: cluster-read
kubectl get nodes -o wide

kubectl get --raw '/readyz?verbose'

# needs: cluster-read
kubectl get pods,storageclass --all-namespaces

# needs: namespaces
kubectl create namespace lab-03 --dry-run=client -o yaml | kubectl apply -f -

kubectl get nodes -o wide

kubectl get --raw '/readyz?verbose'

kubectl get pods,storageclass --all-namespaces

kubectl create namespace lab-03

kubectl get nodes -o name | xargs kubectl cordon

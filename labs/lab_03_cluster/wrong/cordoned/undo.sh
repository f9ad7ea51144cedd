kubectl get nodes -o name | xargs kubectl uncordon

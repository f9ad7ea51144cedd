kubectl apply -f budget.yaml

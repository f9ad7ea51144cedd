# needs: namespaces
lab addon install monitoring
kubectl -n monitoring get pods

# needs: namespaces
cat infra/_shared/monitoring/servicemonitors/prj-02.yaml
kubectl apply -k infra/_shared/monitoring
kubectl get servicemonitors,prometheusrules -A

# needs: namespaces
grep -B 2 -A 9 'alert: WrongPrices' infra/_shared/monitoring/rules/prj-02.yaml

sed 's/vector(1)$/vector(1) > 1/' drill.yaml | kubectl apply -f -
timeout 300 sh -c 'until kubectl -n monitoring logs deployment/alert-receiver | grep DrillPlanned | tail -n 1 | grep resolved; do sleep 1; done'
kubectl -n prj-02 delete prometheusrule drill

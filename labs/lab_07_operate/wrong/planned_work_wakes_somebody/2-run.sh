amtool="kubectl -n monitoring exec alertmanager-lab-0 -c alertmanager -- amtool --alertmanager.url=http://127.0.0.1:9093"
for silence in $($amtool silence query --quiet); do $amtool silence expire "$silence"; done
kubectl apply -f drill.yaml
timeout 300 sh -c 'until kubectl -n monitoring logs deployment/alert-receiver | grep DrillPlanned | tail -n 1 | grep firing; do sleep 1; done'

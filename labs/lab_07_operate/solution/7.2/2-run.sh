# needs: namespaces
amtool="kubectl -n monitoring exec alertmanager-lab-0 -c alertmanager -- amtool --alertmanager.url=http://127.0.0.1:9093"
$amtool silence add namespace=prj-01 --duration=30m --author=you --comment="The database of prj-01 moves, until noon"
$amtool silence query
kubectl apply -f drill.yaml
timeout 60 sh -c 'until kubectl -n monitoring logs deployment/alert-receiver | grep DrillFire | tail -n 1 | grep firing; do sleep 1; done'
$amtool alert query --inhibited --silenced --active

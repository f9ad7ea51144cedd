# needs: server
kubectl -n prj-04 exec redis-0 -- redis-cli XADD readings '*' sensor "press-$NONCE" at "$(date -Is)" value 99.5
stored="SELECT sensor, value, at FROM alerts.alert WHERE sensor = 'press-$NONCE'"
timeout 60 sh -c 'until kubectl -n prj-01 exec postgresql-0 -- psql -U lab -tc "$1" | grep press; do sleep 1; done' sh "$stored"

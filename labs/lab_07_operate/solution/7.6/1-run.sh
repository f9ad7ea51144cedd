# needs: server
server=$(kubectl get nodes -o jsonpath='{.items[0].metadata.name}')
lab node exec "$server" -- mkdir -p /data/bin /data/infra /data/backups
tar -c -C infra _shared/scripts/k3s | lab node exec "$server" -- tar -x -C /data/infra
tar -ch -C "$(dirname "$(command -v age)")" age etcdctl | lab node exec "$server" -- tar -x -C /data/bin

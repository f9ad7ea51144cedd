#!/bin/sh
# Ask the log store of the cluster a question in LogsQL. Each line of the answer is an entry, as a JSON object.
#
#   sh logsql.sh '_time:10m kubernetes.pod_namespace:=prj-02 | fields _time, kubernetes.pod_name, _msg'
set -eu

if [ $# -ne 1 ]; then
    echo "logsql.sh: arguments: one query, in quotes; next: head -n 4 logsql.sh" >&2
    exit 2
fi
query=$(python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1]))' "$1")
kubectl get --raw "/api/v1/namespaces/logging/services/victoria-logs:http/proxy/select/logsql/query?query=$query"

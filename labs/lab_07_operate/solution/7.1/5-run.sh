since=$(sed -n 's/^Since \([^ ]*\) .*/\1/p' complaint.txt)
failed="_time:>=$since path:=\"/cache/invoice-$LAB_INVOICE\" _msg:=\"request failed\" | limit 1"
timeout 60 sh -c 'until sh logsql.sh "$1" | grep -q .; do sleep 1; done' sh "$failed"
sh logsql.sh "$failed" | python3 -c '
import json, sys
entry = json.loads(sys.stdin.readline())
print("pod", entry["kubernetes.pod_name"], sep="=")
print("version", entry["version"], sep="=")
print("error", entry["error"].split(":")[1].strip(), sep="=")' | tee incident.txt

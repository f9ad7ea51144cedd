kubectl -n prj-02 get deployment prj-02 -o jsonpath='{.spec.template.spec.containers[0].resources}{"\n"}'
kubectl -n prj-02 get pods -l app=prj-02 -o custom-columns=NAME:.metadata.name,QOS:.status.qosClass

pod=$(kubectl -n prj-02 get pods -l app=prj-02 -o jsonpath='{.items[0].metadata.name}')
kubectl -n prj-02 exec -i "$pod" -- node --input-type=module - < leak.mjs
reason='{.status.containerStatuses[0].lastState.terminated.reason}'
kubectl -n prj-02 wait "pod/$pod" --for=jsonpath="$reason"=OOMKilled --timeout=60s
kubectl -n prj-02 wait "pod/$pod" --for=condition=Ready --timeout=60s

kubectl -n prj-02 describe pods -l app=prj-02 |
    grep -E '^Name:|Last State|Reason:|Exit Code|Restart Count|memory:|QoS'

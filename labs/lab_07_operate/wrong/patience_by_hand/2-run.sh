kubectl -n prj-04 rollout pause deployment/prj-04
kubectl -n prj-04 patch deployment prj-04 --type=merge --patch '{"spec": {"template": {"spec": {"tolerations": [
    {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5},
    {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}]}}}}'

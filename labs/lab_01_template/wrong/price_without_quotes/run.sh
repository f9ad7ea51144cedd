cat >> web.yaml <<YAML
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: web-settings
  namespace: lab-01
data:
  UNIT_PRICE: $LAB_PRICE
YAML
if kubectl apply -f web.yaml; then exit 1; fi
kubectl -n lab-01 wait deployment/web --for=jsonpath='{.status.replicas}'=2 --timeout=300s
kubectl -n lab-01 wait pod -l app=web --timeout=300s \
    --for=jsonpath='{.status.containerStatuses[0].state.waiting.reason}'=CreateContainerConfigError

cat > infra/k8s/base/networkpolicies/prj-04-api.yaml <<'YAML'
# The way to the web API, of which prj-02-alerts is the other end: it takes both.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: prj-04-api
  namespace: prj-04
  labels:
    app: prj-04
    app.kubernetes.io/name: prj-04
    app.kubernetes.io/part-of: kubernetes-lab
spec:
  podSelector:
    matchLabels:
      app: prj-04
  policyTypes:
    - Egress
  egress:
    - to:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: prj-02
          podSelector:
            matchLabels:
              app: prj-02
      ports:
        - port: 8080
          protocol: TCP
YAML
cat > infra/k8s/base/networkpolicies/prj-02-alerts.yaml <<'YAML'
# The alerts ask for prices. The other end is prj-04-api.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: prj-02-alerts
  namespace: prj-02
  labels:
    app: prj-02
    app.kubernetes.io/name: prj-02
    app.kubernetes.io/part-of: kubernetes-lab
spec:
  podSelector:
    matchLabels:
      app: prj-02
  policyTypes:
    - Ingress
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: prj-04
          podSelector:
            matchLabels:
              app: prj-04
      ports:
        - port: 8080
          protocol: TCP
YAML
grep -q prj-04-api infra/k8s/base/kustomization.yaml ||
    sed -i 's#^  - networkpolicies/prj-02-clients.yaml#  - networkpolicies/prj-02-alerts.yaml\n&#
        s#^  - networkpolicies/prj-04-broker.yaml#  - networkpolicies/prj-04-api.yaml\n&#' infra/k8s/base/kustomization.yaml

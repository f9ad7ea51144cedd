cd infra/k8s/overlays/production/prj-02
sed -i -E 's/replicas?: [0-9]+/replicas: 4/' patches/replicas-patch.yaml
sed -i 's/newTag: .*/newTag: v1.0.0/' kustomization.yaml
cat > patches/service-patch.yaml <<EOF
apiVersion: v1
kind: Service
metadata:
  name: prj-02
  namespace: prj-02
spec:
  ports:
    - name: metrics
      port: 9100
      targetPort: http
EOF
grep -q service-patch kustomization.yaml || sed -i 's|^patches:|&\n  - path: patches/service-patch.yaml|' kustomization.yaml
cd "$OLDPWD"

cat > infra/k8s/overlays/production/prj-02/patches/memory-patch.yaml <<EOF
apiVersion: apps/v1
kind: Deployment
metadata:
  name: prj-02
  namespace: prj-02
spec:
  template:
    spec:
      containers:
        - name: web
          resources:
            limits:
              memory: $LAB_MEMORY
EOF
sed -i 's|^patches:|&\n  - path: patches/memory-patch.yaml|' infra/k8s/overlays/production/prj-02/kustomization.yaml
echo 'commonLabels: {tier: web}' >> infra/k8s/overlays/production/kustomization.yaml
git -C infra add k8s && git -C infra commit -m "Give prj-02 more memory in production"
if kubectl apply -k infra/k8s/overlays/production -l app=prj-02; then exit 1; fi

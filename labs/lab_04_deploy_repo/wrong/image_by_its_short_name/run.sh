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
sed -i 's#name: ghcr.io/org/prj-02#name: org/prj-02#' infra/k8s/overlays/production/prj-02/kustomization.yaml
git -C infra add k8s && git -C infra commit -m "Give prj-02 more memory in production"

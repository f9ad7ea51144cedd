overlay=infra/k8s/overlays/production
cat > $overlay/patches/patience-patch.yaml <<'END'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: prj-04
spec:
  template:
    spec:
      tolerations:
        - key: node.kubernetes.io/not-ready
          operator: Exists
          effect: NoExecute
          tolerationSeconds: 5
END
cat >> $overlay/kustomization.yaml <<'END'
  - path: patches/patience-patch.yaml
    target:
      kind: Deployment
      name: prj-04
END

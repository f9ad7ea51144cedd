overlay=infra/k8s/overlays/production
cat > $overlay/patches/patience-patch.yaml <<'END'
# prj-04 does not wait as long as the others for a node that is silent. The list is replaced as a whole.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: prj-04
spec:
  template:
    spec:
      tolerations:
        - key: node.kubernetes.io/unreachable
          operator: Exists
          effect: NoExecute
          tolerationSeconds: 5
        - key: node.kubernetes.io/not-ready
          operator: Exists
          effect: NoExecute
          tolerationSeconds: 5
END
grep -q patience-patch $overlay/kustomization.yaml || cat >> $overlay/kustomization.yaml <<'END'
  - path: patches/patience-patch.yaml
    target:
      kind: Deployment
      name: prj-04
END

sed -i 's#name: ghcr.io/org/prj-02#name: org/prj-02#' infra/k8s/overlays/production/prj-02/kustomization.yaml

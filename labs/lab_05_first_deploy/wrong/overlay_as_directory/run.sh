rm infra/k8s/overlays/staging/prj-02/kustomization.yaml; mkdir infra/k8s/overlays/staging/prj-02/kustomization.yaml

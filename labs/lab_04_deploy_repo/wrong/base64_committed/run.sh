kubectl get crd sealedsecrets.bitnami.com > crd 2>&1 || lab addon install sealed-secrets
kubeseal --fetch-cert > sealing.pem
infra/_shared/scripts/env/seal_env.sh --cert sealing.pem production
kubectl -n prj-02 create secret generic prj-02-secrets --from-env-file=infra/k8s/overlays/production/secrets/prj-02.env \
    --dry-run=client -o yaml > infra/_shared/secrets/sealed/production/prj-02-secrets.yaml
sed -i 's|^  - secrets$|  - ../../../_shared/secrets/sealed/production|' infra/k8s/overlays/production/kustomization.yaml
git -C infra add k8s _shared && git -C infra commit -m "Seal the secrets of production"

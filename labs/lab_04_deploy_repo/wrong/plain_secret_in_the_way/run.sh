kubectl get crd sealedsecrets.bitnami.com > crd 2>&1 || lab addon install sealed-secrets
kubeseal --fetch-cert > sealing.pem
infra/_shared/scripts/env/seal_env.sh --cert sealing.pem production
sed -i 's|^  - secrets$|  - ../../../_shared/secrets/sealed/production|' infra/k8s/overlays/production/kustomization.yaml
git -C infra add k8s _shared && git -C infra commit -m "Seal the secrets of production"
kubectl apply -k infra/k8s/overlays/production -l '!app'

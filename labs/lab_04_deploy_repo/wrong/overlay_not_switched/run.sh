kubectl get crd sealedsecrets.bitnami.com > crd 2>&1 || lab addon install sealed-secrets
kubeseal --fetch-cert > sealing.pem
infra/_shared/scripts/env/seal_env.sh --cert sealing.pem production
git -C infra add k8s _shared && git -C infra commit -m "Seal the secrets of production"

# needs: server
controller=deployment/sealed-secrets-controller
kubectl -n kube-system set env "$controller" SEALED_SECRETS_KEY_CUTOFF_TIME="$(date -R)"
kubectl -n kube-system rollout status "$controller"
kubectl -n kube-system get secrets -l sealedsecrets.bitnami.com/sealed-secrets-key
infra/_shared/scripts/env/seal_env.sh production prj-04

# needs: namespaces
lab addon install sealed-secrets
kubeseal --fetch-cert > sealing.pem
infra/_shared/scripts/env/seal_env.sh --cert sealing.pem production
cut -c -100 infra/_shared/secrets/sealed/production/prj-02-secrets.yaml

# needs: namespaces
sed 's/namespace: prj-02/namespace: prj-01/' infra/_shared/secrets/sealed/production/prj-02-secrets.yaml |
    kubectl apply -f -
kubectl -n prj-01 wait sealedsecret/prj-02-secrets --for=condition=Synced=false --timeout=60s
kubectl -n prj-01 get sealedsecret prj-02-secrets -o jsonpath='{.status.conditions[0].message}{"\n"}'
kubectl -n prj-01 delete sealedsecret prj-02-secrets

kubectl apply -k infra/k8s/overlays/production
for project in prj-01 prj-02 prj-04; do
    kubectl -n "$project" wait "deployment/$project" --for=condition=Available --timeout=300s
done
kubectl get ingressclass,ingress --all-namespaces
# needs: entry
for host in prj-01 prj-02 nobody; do
    curl -sk --connect-to "::$ENTRY_HTTPS" -w ' %{http_code}\n' "https://$host.example.com/version"
done
curl -s --connect-to "::$ENTRY_HTTP" -o /dev/null -w '%{http_code} %{redirect_url}\n' http://prj-02.example.com/version

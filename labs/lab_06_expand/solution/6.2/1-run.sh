lab certificate '*.example.com'
for project in prj-01 prj-02; do
    kubectl -n "$project" create secret tls wildcard-cert --dry-run=client -o yaml \
        --cert=tls/tls.crt --key=tls/tls.key | kubectl apply -f -
done
# needs: entry
for host in prj-01 prj-02; do
    curl -sS --retry 9 --retry-delay 1 --retry-all-errors --cacert tls/ca.crt \
        --connect-to "::$ENTRY_HTTPS" "https://$host.example.com/version"
done

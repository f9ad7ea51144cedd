lab certificate '*.example.com'
kubectl -n default create secret tls wildcard-cert --cert=tls/tls.crt --key=tls/tls.key

lab certificate '*.example.com'
kubectl -n prj-02 create secret tls wildcard-cert --cert=tls/tls.crt --key=tls/tls.key

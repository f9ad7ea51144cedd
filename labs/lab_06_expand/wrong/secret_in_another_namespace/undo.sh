kubectl -n default delete secret wildcard-cert

kubectl delete -k infra/_shared/monitoring --ignore-not-found

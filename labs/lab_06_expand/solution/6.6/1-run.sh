# needs: namespaces
kubectl create namespace lab-neighbour --dry-run=client -o yaml | kubectl apply -f -
kubectl -n lab-neighbour create secret docker-registry ghcr-secret --dry-run=client -o yaml \
    --from-file=.dockerconfigjson="$GHCR_CONFIG" | kubectl apply -f -
kubectl -n lab-neighbour delete deployments,hpa,jobs,limitranges --all

# needs: namespaces
kubectl -n lab-neighbour delete jobs,limitranges --all
kubectl -n prj-02 delete job customers --ignore-not-found
kubectl apply -f customers.yaml
timeout 60 sh -c 'until kubectl -n prj-02 logs job/customers | grep -q times; do sleep 0.5; done'
kubectl apply -f greedy.yaml
kubectl -n lab-neighbour wait job/greedy --for=condition=Complete --timeout=60s

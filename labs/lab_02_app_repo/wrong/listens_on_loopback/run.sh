kubectl create namespace lab-02 --dry-run=client -o yaml | kubectl apply -f -
kubectl -n lab-02 create secret docker-registry ghcr-secret --dry-run=client -o yaml \
    --from-file=.dockerconfigjson="$GHCR_CONFIG" | kubectl apply -f -
digest=$(sed -n "s/.*:$LAB_RELEASE@//p" pushed.txt)
sed "s|DIGEST|$digest|; s|DRAWN|$LAB_PRICE|; s|^      env:|      env:\n        - {name: HOST, value: 127.0.0.1}|" pod.yaml | kubectl apply -f -
timeout 300 sh -c 'until kubectl -n lab-02 events --for pod/prj-02 | grep -q "connection refused"; do :; done'

kubectl create namespace lab-02 --dry-run=client -o yaml | kubectl apply -f -
kubectl -n lab-02 create secret docker-registry ghcr-secret --dry-run=client -o yaml \
    --from-file=.dockerconfigjson="$GHCR_CONFIG" | kubectl apply -f -
sed "s|@DIGEST|:$LAB_RELEASE|; s|DRAWN|$LAB_PRICE|" pod.yaml | kubectl apply -f -
kubectl -n lab-02 wait pod/prj-02 --for=condition=Ready --timeout=300s

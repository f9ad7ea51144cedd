# needs: namespaces
kubectl create namespace lab-02 --dry-run=client -o yaml | kubectl apply -f -
kubectl -n lab-02 create secret docker-registry ghcr-secret --dry-run=client -o yaml \
    --from-file=.dockerconfigjson="$GHCR_CONFIG" | kubectl apply -f -
digest=$(sed -n "s/.*:$LAB_RELEASE@//p" pushed.txt)
sed "s|DIGEST|$digest|; s|DRAWN|$LAB_PRICE|" pod.yaml > alone.yaml
kubectl apply -f alone.yaml
kubectl -n lab-02 wait pod/prj-02 --for=condition=Ready --timeout=60s
kubectl -n lab-02 attach prj-02 > end.log &
for ms in 5000 5500 6000; do
    kubectl get --raw "/api/v1/namespaces/lab-02/pods/prj-02:8080/proxy/slow?ms=$ms" &
done
kubectl -n lab-02 delete pod prj-02
wait
tail -n 5 end.log

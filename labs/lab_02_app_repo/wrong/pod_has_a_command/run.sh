kubectl create namespace lab-02 --dry-run=client -o yaml | kubectl apply -f -
kubectl -n lab-02 create secret docker-registry ghcr-secret --dry-run=client -o yaml \
    --from-file=.dockerconfigjson="$GHCR_CONFIG" | kubectl apply -f -
digest=$(sed -n "s/.*:$LAB_RELEASE@//p" pushed.txt)
sed "s|DIGEST|$digest|; s|DRAWN|$LAB_PRICE|; s|^      env:|      command: [sh, -c, 'node src/main.js; exit']\n      env:|" pod.yaml |
    sed 's/GracePeriodSeconds: 12/GracePeriodSeconds: 3/' | kubectl apply -f -
kubectl -n lab-02 wait pod/prj-02 --for=condition=Ready --timeout=300s
kubectl -n lab-02 attach prj-02 > end.log &
kubectl -n lab-02 delete pod prj-02
wait

kubectl -n lab-03 exec writer -- rm /data/nonce
kubectl -n lab-03 delete pod writer

kubectl -n lab-01 delete service database --ignore-not-found
volume=$(kubectl -n lab-01 get pvc database-rows-pvc -o jsonpath='{.spec.volumeName}' --ignore-not-found)
kubectl -n lab-01 delete pvc database-rows-pvc --ignore-not-found
[ -z "$volume" ] || kubectl wait "pv/$volume" --for=delete --timeout=300s
kubectl -n lab-01 delete configmap database-settings database-init

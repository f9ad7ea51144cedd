kubectl -n lab-01 delete deployment web --ignore-not-found
kubectl -n lab-01 delete service web --ignore-not-found
kubectl -n lab-01 wait pod -l app=web --for=delete --timeout=300s
volume=$(kubectl -n lab-01 get pvc web-notes-pvc -o jsonpath='{.spec.volumeName}' --ignore-not-found)
kubectl -n lab-01 delete pvc web-notes-pvc --ignore-not-found
[ -z "$volume" ] || kubectl wait "pv/$volume" --for=delete --timeout=300s
kubectl -n lab-01 delete configmap web-settings --ignore-not-found

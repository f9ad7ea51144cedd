kubectl -n lab-01 wait pvc/database-rows-pvc --for=jsonpath='{.status.phase}'=Bound --timeout=300s
kubectl -n lab-01 delete deployment database
kubectl -n lab-01 delete service database
kubectl -n lab-01 wait pod -l app=database --for=delete --timeout=300s
volume=$(kubectl -n lab-01 get pvc database-rows-pvc -o jsonpath='{.spec.volumeName}')
kubectl -n lab-01 delete pvc database-rows-pvc
[ -z "$volume" ] || kubectl wait "pv/$volume" --for=delete --timeout=300s
kubectl -n lab-01 delete configmap database-settings

kubectl delete namespace lab-3 --wait=false

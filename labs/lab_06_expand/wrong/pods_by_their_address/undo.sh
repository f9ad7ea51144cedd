kubectl -n prj-02 delete networkpolicy prj-02-alerts --ignore-not-found
kubectl -n prj-04 delete networkpolicy prj-04-api --ignore-not-found

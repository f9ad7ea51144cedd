kubectl delete namespace prj-01-db

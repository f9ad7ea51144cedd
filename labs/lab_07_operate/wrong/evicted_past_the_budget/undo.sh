kubectl -n prj-04 rollout restart deployment/prj-04
kubectl -n prj-04 rollout status deployment/prj-04

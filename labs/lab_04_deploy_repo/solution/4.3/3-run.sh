kubectl diff -k infra/k8s/overlays/production -l app=prj-02 || [ $? = 1 ]
kubectl apply -k infra/k8s/overlays/production -l app=prj-02

kubectl -n prj-02 get configmap prj-02-config -o jsonpath='{.data.LOG_LEVEL}{"\n"}'
kubectl -n prj-02 exec deploy/prj-02 -- sh -c 'echo "$LOG_LEVEL"'

kubectl -n prj-02 rollout restart deployment/prj-02
kubectl -n prj-02 rollout status deployment/prj-02
kubectl -n prj-02 exec deploy/prj-02 -- sh -c 'echo "$LOG_LEVEL"'

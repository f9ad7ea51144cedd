kubectl apply -f infra/k8s/base/namespaces -f infra/k8s/base/serviceaccounts -f infra/k8s/base/deployments/prj-02.yaml
lab addon install logs
kubectl -n prj-02 wait pod -l app=prj-02 --for=create --timeout=30s
echo 'Since 2026-01-01T02:14:00Z I am told "internal error" when I open my invoice.' > complaint.txt
pod=$(kubectl -n prj-02 get pods -l app=prj-02 -o jsonpath='{.items[0].metadata.name}')
printf 'pod=%s\nversion=v1.0.0\nerror=ENOENT\n' "$pod" > incident.txt

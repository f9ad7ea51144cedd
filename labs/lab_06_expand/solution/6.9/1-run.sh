# needs: namespaces
tag=$(sed -n 's/^ *newTag: //p' infra/k8s/overlays/production/prj-02/kustomization.yaml)
began=$(date +%s)
kubectl -n prj-02 set image deployment/prj-02 web=ghcr.io/org/prj-02:v1.3.0
kubectl -n prj-04 scale deployment/prj-04 --replicas=1
kubectl -n prj-04 wait deployment/prj-04 --for=jsonpath='{.spec.replicas}'=3 --timeout=60s
kubectl -n prj-02 wait deployment/prj-02 --timeout=60s \
    --for=jsonpath='{.spec.template.spec.containers[0].image}'="ghcr.io/org/prj-02:$tag"
echo "undone after $(($(date +%s) - began)) s"

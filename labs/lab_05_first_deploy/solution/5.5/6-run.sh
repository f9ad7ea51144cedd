kubectl apply -k infra/k8s/overlays/staging
kubectl -n prj-02 rollout status deployment/prj-02

kubectl -n prj-02 exec deploy/prj-02 -- wget -qO- "http://127.0.0.1:8080/price?quantity=$LAB_QUANTITY"

kubectl -n prj-02 delete deployment prj-02
sed -i '/persistentVolumeClaim:/,/claimName:/c\          emptyDir: {}' infra/k8s/base/deployments/prj-02.yaml
kubectl apply -k infra/k8s/overlays/staging

sed -i 's/^    name: prj-02/    name: prj-2/' infra/k8s/base/horizontalpodautoscalers/prj-02.yaml

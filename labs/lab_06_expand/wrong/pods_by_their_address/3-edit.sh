sed -i '/- namespaceSelector:/,/app: prj-02/d
    s#^    - to:#&\n        - ipBlock:\n            cidr: 10.0.0.0/8#' infra/k8s/base/networkpolicies/prj-04-api.yaml

sed -i 's/externalName: .*/externalName: 10.96.0.25/' infra/k8s/overlays/production/prj-01-db/patches/service-patch.yaml

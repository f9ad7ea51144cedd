sed -i 's/externalName: .*/externalName: db.prj-01-db.svc.cluster.local/' \
    infra/k8s/overlays/production/prj-01-db/patches/service-patch.yaml

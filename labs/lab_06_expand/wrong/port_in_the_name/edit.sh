sed -i 's/externalName: .*/externalName: db.prj-01-db.svc.cluster.local:5432/' \
    infra/k8s/overlays/production/prj-01-db/patches/service-patch.yaml

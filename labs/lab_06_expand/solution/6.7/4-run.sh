move=infra/_shared/scripts/migrate/move-database.sh
$move stop prj_01
$move copy prj_01 db.prj-01-db.svc.cluster.local
sed -i 's/externalName: .*/externalName: db.prj-01-db.svc.cluster.local/' \
    infra/k8s/overlays/production/prj-01-db/patches/service-patch.yaml
git -C infra diff --quiet || git -C infra commit -qam "Send prj-01 to its own server"
kubectl apply -k infra/k8s/overlays/production
$move close

# needs: namespaces
move=infra/_shared/scripts/migrate/move-database.sh
$move stop prj_01
$move copy prj_01 db.prj-01-db.svc.cluster.local

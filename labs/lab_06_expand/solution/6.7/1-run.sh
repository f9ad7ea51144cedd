# needs: namespaces
move=infra/_shared/scripts/migrate/move-database.sh
$move create
$move stop lab
$move copy lab
$move follow

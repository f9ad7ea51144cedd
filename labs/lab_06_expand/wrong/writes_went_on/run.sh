move=infra/_shared/scripts/migrate/move-database.sh
$move create
$move copy lab
kubectl -n prj-01 exec postgresql-0 -- sh -c 'rows() { psql -U lab -d lab -qtAc "SELECT count(*) FROM readings.reading"; }
    first=$(rows); until [ "$(rows)" -gt "$first" ]; do :; done'
$move follow

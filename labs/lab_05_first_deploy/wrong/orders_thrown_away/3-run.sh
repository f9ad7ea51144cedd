kubectl -n prj-01 exec postgresql-0 -- psql -U lab -d lab -qc 'DELETE FROM project_2.swing_order'
infra/_shared/scripts/migrate/run-migration-job.sh

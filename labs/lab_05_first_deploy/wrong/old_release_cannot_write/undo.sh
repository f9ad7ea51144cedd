kubectl -n prj-01 exec postgresql-0 -- psql -U lab -d lab -qc 'ALTER TABLE project_2.swing_order DROP COLUMN IF EXISTS currency; DROP INDEX IF EXISTS project_2.swing_order_by_total; DELETE FROM goose_db_version WHERE version_id = 6'
kubectl -n prj-01 delete jobs -l app=migrate

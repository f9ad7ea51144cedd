kubectl -n prj-01 exec postgresql-0 -- psql -U lab -d lab -qc "ALTER TABLE project_2.swing_order DROP COLUMN IF EXISTS currency; DROP INDEX IF EXISTS project_2.swing_order_by_total; DELETE FROM goose_db_version WHERE version_id = 6; INSERT INTO project_2.swing_order (quantity, total, ordered_at) VALUES (3, 37.50, now() - interval '1 hour')"
kubectl -n prj-01 delete jobs -l app=migrate

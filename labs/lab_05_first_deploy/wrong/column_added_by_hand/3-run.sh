kubectl -n prj-01 exec postgresql-0 -- psql -U lab -d lab -qc "ALTER TABLE project_2.swing_order ADD COLUMN currency text DEFAULT 'EUR'"

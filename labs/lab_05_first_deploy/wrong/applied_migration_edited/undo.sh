kubectl -n prj-01 exec postgresql-0 -- psql -U lab -d lab -qc 'DROP SCHEMA IF EXISTS project_1, project_2, shared, analysis CASCADE; DROP TABLE IF EXISTS goose_db_version'
kubectl -n prj-01 delete jobs -l app=migrate

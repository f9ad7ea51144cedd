kubectl -n prj-01 exec -i postgresql-0 -- psql -U lab -d lab -q <<'SQL'
DROP SERVER IF EXISTS prj_01 CASCADE;
DROP EXTENSION IF EXISTS postgres_fdw;
DROP SCHEMA IF EXISTS readings;
ALTER SCHEMA readings_before RENAME TO readings;
DROP DATABASE prj_01 WITH (FORCE);
ALTER ROLE prj_01 IN DATABASE lab RESET default_transaction_read_only;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IN ('prj_01', 'prj_02') AND datname = 'lab';
SQL

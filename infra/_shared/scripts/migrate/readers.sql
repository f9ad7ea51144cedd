-- Those who read the readings follow them to the database prj_01: the schema in this one becomes a window onto that one.
-- They see the old rows or the new ones, and never none: it is one transaction. As the owner, in the database `lab`.
SET log_min_error_statement = panic;
\getenv owner POSTGRES_PASSWORD
\getenv prj_02 PRJ_02_PASSWORD
\getenv prj_03 PRJ_03_PASSWORD

BEGIN;
CREATE EXTENSION postgres_fdw;
-- The name that prj-01 uses: where that leads, this follows.
CREATE SERVER prj_01 FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'prj-01-db', dbname 'prj_01', connect_timeout '3');
CREATE USER MAPPING FOR CURRENT_USER SERVER prj_01 OPTIONS (user 'lab', password :'owner');
CREATE USER MAPPING FOR prj_02 SERVER prj_01 OPTIONS (user 'prj_02', password :'prj_02');
CREATE USER MAPPING FOR prj_03 SERVER prj_01 OPTIONS (user 'prj_03', password :'prj_03');

ALTER SCHEMA readings RENAME TO readings_before;
CREATE SCHEMA readings;
CREATE FOREIGN TABLE readings.reading (sensor text, at timestamptz, value double precision) SERVER prj_01;
CREATE FOREIGN TABLE readings.minute (
    sensor text, minute timestamptz, count bigint, minimum double precision, maximum double precision, mean double precision
) SERVER prj_01;
GRANT USAGE ON SCHEMA readings TO prj_02, prj_03;
GRANT SELECT ON ALL TABLES IN SCHEMA readings TO prj_02, prj_03;
COMMIT;

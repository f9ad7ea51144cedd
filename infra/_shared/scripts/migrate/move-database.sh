#!/bin/sh
# Move the readings of prj-01, step by step and while they are written and read: out of the schema that all share into a
# database of their own, and from there to a server of their own (section 4.3 of the architecture).
#
#   move-database.sh [--dry-run] create           an empty database prj_01 on the shared server
#   move-database.sh [--dry-run] stop DATABASE    prj_01 may only read there from now on; the collector holds what it reads
#   move-database.sh [--dry-run] copy lab         the rows, from the shared schema into the database prj_01
#   move-database.sh [--dry-run] copy prj_01 HOST the rows, from there to the database prj_01 of another server
#   move-database.sh [--dry-run] follow           whoever reads them in `lab` is shown those of the database prj_01
#   move-database.sh [--dry-run] close            the database prj_01 of the shared server is shut, and kept as prj_01_before
#
#   --dry-run    print what would be run; change nothing
#   --help       print this
#
# Each may be run again, and what is done already stays as it is. In this order: create, stop lab, copy lab, follow, and
# the new DATABASE_URL of prj-01; later the server, stop prj_01, copy prj_01 HOST, the new externalName, close. Old rows
# are kept, as readings_before and prj_01_before, until somebody drops them.
#
# Exit codes: 0 done, or done before; 1 not done; 2 wrong arguments; 130 and 143 interrupted: run it again.
set -eu

dry_run=no
step=
database=
host=

fail() { # OBJECT REASON NEXT_STEP
    printf 'move-database.sh: %s: %s; next: %s\n' "$1" "$2" "$3" >&2
    exit 1
}

refuse_arguments() { # REASON
    printf 'move-database.sh: arguments: %s; next: move-database.sh --help\n' "$1" >&2
    exit 2
}

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;;
            --dry-run) dry_run=yes ;;
            -*) refuse_arguments "there is no option $1" ;;
            *) break ;;
        esac
        shift
    done
    step=${1:-}
    database=${2:-}
    host=${3:-}
    case "$step $database $#" in
        'create  1' | 'follow  1' | 'close  1') ;;
        'stop lab 2' | 'stop prj_01 2' | 'copy lab 2' | 'copy prj_01 3') ;;
        ' '*) refuse_arguments "which step?" ;;
        *) refuse_arguments "there is no step '$*'" ;;
    esac
    case $host in *[!a-z0-9.-]*) refuse_arguments "'$host' is not the name of a host" ;; esac
}

# in_server COMMAND...: on the shared server, which knows the passwords.
in_server() {
    kubectl -n prj-01 exec -i postgresql-0 -c postgresql -- "$@" 2>"$state/error"
}

error() {
    grep -m 1 . "$state/error" || echo "no reason given"
}

# change DATABASE: what standard input says, all or nothing but for what PostgreSQL does outside of transactions.
change() {
    if [ "$dry_run" = yes ]; then
        echo "-- in the database $1:"
        cat
        return
    fi
    in_server psql --username=lab --dbname="$1" --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 ||
        fail "database $1" "$(error)" "kubectl -n prj-01 logs postgresql-0"
}

# query DATABASE STATEMENT
query() {
    in_server psql --username=lab --dbname="$1" --no-psqlrc --quiet --tuples-only --no-align --command="$2" ||
        fail "database $1" "$(error)" "kubectl -n prj-01 get pods"
}

create() {
    change lab <<'SQL'
SELECT 'CREATE DATABASE prj_01 OWNER prj_01' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname ~ '^prj_01(_before)?$') \gexec
SELECT 'REVOKE ALL ON DATABASE prj_01 FROM PUBLIC' FROM pg_database WHERE datname = 'prj_01' \gexec
SELECT 'GRANT CONNECT ON DATABASE prj_01 TO prj_02, prj_03' FROM pg_database WHERE datname = 'prj_01' \gexec
SQL
    echo "the database prj_01 is on the shared server"
}

# For the sessions that begin from now on; those that are open are ended.
stop() {
    change lab <<SQL
SELECT 'ALTER ROLE prj_01 IN DATABASE $database SET default_transaction_read_only = on'
FROM pg_database WHERE datname = '$database' \\gexec
SELECT count(pg_terminate_backend(pid)) || ' connections of prj_01 to $database ended: it may only read there now'
FROM pg_stat_activity WHERE usename = 'prj_01' AND datname = '$database';
SQL
}

is_closed() {
    [ -n "$(query lab "SELECT 1 FROM pg_database WHERE datname = 'prj_01_before'")" ]
}

# The password stays in the pod. A dump that breaks off does not come to its COMMIT.
# shellcheck disable=SC2016
copy() {
    target='psql --username=lab --dbname=prj_01 --no-psqlrc --quiet --set=ON_ERROR_STOP=1'
    [ -z "$host" ] || target="env PGPASSWORD=\"\$POSTGRES_PASSWORD\" PGCONNECT_TIMEOUT=5 $target --host=$host"
    command="{ echo 'BEGIN;'; pg_dump --username=lab --schema=readings $database && echo 'COMMIT;'; } | $target --output=/dev/null"
    count="$target --tuples-only --no-align --command='SELECT count(*) FROM readings.reading'"
    if [ "$dry_run" = yes ]; then
        echo "# in the pod postgresql-0: $command"
        return
    fi
    if [ -z "$host" ] && is_closed; then
        echo "nothing copied: the readings have moved on to another server"
        return
    fi
    present=$(in_server sh -c "$target --tuples-only --no-align --command=\"SELECT to_regclass('readings.reading')\"") ||
        fail "database prj_01 at ${host:-the shared server}" "$(error)" \
            "move-database.sh create; for another server: kubectl -n prj-01 get networkpolicies"
    if [ -n "$present" ]; then
        echo "nothing copied: the database prj_01 at ${host:-the shared server} has readings already"
        return
    fi
    in_server sh -c "$command" || fail "database $database" "not copied: $(error)" "kubectl -n prj-01 get pods"
    rows=$(in_server sh -c "$count") || fail "database $database" "not copied: $(error)" "kubectl -n prj-01 logs postgresql-0"
    echo "copied: $rows readings"
}

# They see the old rows or the new ones, and never none: it is one transaction. The schema becomes a window onto the other
# database, by the name that prj-01 uses: where that leads, this follows.
follow() {
    if [ "$dry_run" = no ] && [ -n "$(query lab "SELECT 1 FROM pg_foreign_server WHERE srvname = 'prj_01'")" ]; then
        echo "whoever reads follows already"
        return
    fi
    change lab <<'SQL'
SET log_min_error_statement = panic;
\getenv owner POSTGRES_PASSWORD
\getenv prj_02 PRJ_02_PASSWORD
\getenv prj_03 PRJ_03_PASSWORD

BEGIN;
CREATE EXTENSION postgres_fdw;
CREATE SERVER prj_01 FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'prj-01-db', dbname 'prj_01', connect_timeout '3');
SELECT format('CREATE USER MAPPING FOR %I SERVER prj_01 OPTIONS (user %L, password %L)', login, login, secret)
FROM (VALUES ('lab', :'owner'), ('prj_02', :'prj_02'), ('prj_03', :'prj_03')) AS mapping (login, secret) \gexec

ALTER SCHEMA readings RENAME TO readings_before;
CREATE SCHEMA readings;
CREATE FOREIGN TABLE readings.reading (sensor text, at timestamptz, value double precision) SERVER prj_01;
CREATE FOREIGN TABLE readings.minute (
    sensor text, minute timestamptz, count bigint, minimum double precision, maximum double precision, mean double precision
) SERVER prj_01;
GRANT USAGE ON SCHEMA readings TO prj_02, prj_03;
GRANT SELECT ON ALL TABLES IN SCHEMA readings TO prj_02, prj_03;
COMMIT;
SQL
    echo "whoever reads the readings in lab is shown those of the database prj_01"
}

# The name is what an open connection does not ask again, and DNS remembers the old answer for some seconds.
await_name() {
    # shellcheck disable=SC2016
    in_server sh -c 'for _ in $(seq 120); do
        name=$(getent hosts prj-01-db | { read -r _ name _; echo "$name"; })
        case $name in "" | db.prj-01.svc.*) sleep 0.5 ;; *) exit 0 ;; esac
    done; exit 1' ||
        fail "service prj-01/prj-01-db" "it leads to no other server than before" "kubectl -n prj-01 get service prj-01-db"
}

close() {
    if [ "$dry_run" = no ]; then
        if is_closed; then
            echo "the database prj_01 of the shared server is shut already"
            return
        fi
        await_name
    fi
    change lab <<'SQL'
ALTER DATABASE prj_01 ALLOW_CONNECTIONS false;
SELECT count(pg_terminate_backend(pid)) || ' connections to the old database ended' FROM pg_stat_activity WHERE datname = 'prj_01';
ALTER DATABASE prj_01 RENAME TO prj_01_before;
ALTER DATABASE prj_01_before ALLOW_CONNECTIONS true;
SQL
}

read_arguments "$@"
command -v kubectl >/dev/null || fail kubectl "it is not on PATH" "install it (on a k3s server: ln -s k3s /usr/local/bin/kubectl)"
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
"$step"

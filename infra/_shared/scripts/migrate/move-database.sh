#!/bin/sh
# Move what a project has in the database, step by step and while it is written and read: out of the schema of the database
# that all share into a database of its own, and from there to a server of its own (section 4.3 of the architecture).
#
#   move-database.sh [OPTION...] create           an empty database on the shared server, called as its owner, as in prj_01
#   move-database.sh [OPTION...] stop DATABASE    the owner may only read there from now on; it holds what it would write
#   move-database.sh [OPTION...] copy lab         the rows, from the shared schema into the database of its own
#   move-database.sh [OPTION...] copy OWNER HOST  the rows, from there to the database of that name of another server
#   move-database.sh [OPTION...] follow           the old schema is kept as another; who read it is shown the new rows
#   move-database.sh [OPTION...] close            the database of the shared server is shut, and kept as OWNER_before
#
#   --project PROJECT  prj-01 with its readings, which is the default, or prj-04 with its alerts, which nobody else reads
#   --dry-run          print what would be run; change nothing
#   --help             print this
#
# Each may be run again, and what is done already stays as it is. In this order: create, stop lab, copy lab, follow, and
# the new DATABASE_URL of the project; later the server, stop OWNER, copy OWNER HOST, the new externalName, close. Old rows
# are kept, as SCHEMA_before and OWNER_before, until somebody drops them.
#
# Exit codes: 0 done, or done before; 1 not done; 2 wrong arguments; 130 and 143 interrupted: run it again.
set -eu

dry_run=no
project=prj-01
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
            --project)
                project=${2:-}
                [ $# -lt 2 ] || shift
                ;;
            -*) refuse_arguments "there is no option $1" ;;
            *) break ;;
        esac
        shift
    done
    case $project in
        prj-01) owner=prj_01 schema=readings table=reading ;;
        prj-04) owner=prj_04 schema=alerts table=alert ;;
        *) refuse_arguments "a project that moves is prj-01 or prj-04, not '$project'" ;;
    esac
    step=${1:-}
    database=${2:-}
    host=${3:-}
    case "$step $database $#" in
        'create  1' | 'follow  1' | 'close  1') ;;
        'stop lab 2' | "stop $owner 2" | 'copy lab 2' | "copy $owner 3") ;;
        ' '*) refuse_arguments "which step?" ;;
        *) refuse_arguments "there is no step '$*'" ;;
    esac
    [ $# -lt 3 ] || [ -n "$host" ] || refuse_arguments "copy $owner to which host?"
    case $host in -* | *[!a-z0-9.-]*) refuse_arguments "'$host' is not the name of a host" ;; esac
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
    change lab <<SQL
SELECT 'CREATE DATABASE $owner OWNER $owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname ~ '^$owner(_before)?\$') \\gexec
SELECT 'REVOKE ALL ON DATABASE $owner FROM PUBLIC' FROM pg_database WHERE datname = '$owner' \\gexec
SQL
    [ "$project" != prj-01 ] || change lab <<'SQL'
SELECT 'GRANT CONNECT ON DATABASE prj_01 TO prj_02, prj_03' FROM pg_database WHERE datname = 'prj_01' \gexec
SQL
    [ "$dry_run" = yes ] || echo "the database $owner is on the shared server"
}

# For the sessions that begin from now on; those that are open are ended.
stop() {
    change lab <<SQL
SELECT 'ALTER ROLE $owner IN DATABASE $database SET default_transaction_read_only = on'
FROM pg_database WHERE datname = '$database' \\gexec
SELECT count(pg_terminate_backend(pid)) || ' connections of $owner to $database ended: it may only read there now'
FROM pg_stat_activity WHERE usename = '$owner' AND datname = '$database';
SQL
}

is_closed() {
    closed=$(query lab "SELECT 1 FROM pg_database WHERE datname = '${owner}_before'") || exit 1
    [ -n "$closed" ]
}

# The password stays in the pod. A dump that breaks off does not come to its COMMIT.
# shellcheck disable=SC2016
copy() {
    target="psql --username=lab --dbname=$owner --no-psqlrc --quiet --set=ON_ERROR_STOP=1"
    [ -z "$host" ] || target="env PGPASSWORD=\"\$POSTGRES_PASSWORD\" PGCONNECT_TIMEOUT=5 $target --host=$host"
    command="{ echo 'BEGIN;'; pg_dump --username=lab --schema=$schema $database && echo 'COMMIT;'; } | $target --output=/dev/null"
    count="$target --tuples-only --no-align --command='SELECT count(*) FROM $schema.$table'"
    if [ "$dry_run" = yes ]; then
        echo "# in the pod postgresql-0: $command"
        return
    fi
    if [ -z "$host" ] && is_closed; then
        echo "nothing copied: the $schema have moved on to another server"
        return
    fi
    present=$(in_server sh -c "$target --tuples-only --no-align --command=\"SELECT to_regclass('$schema.$table')\"") ||
        fail "database $owner at ${host:-the shared server}" "$(error)" \
            "move-database.sh create; for another server: kubectl -n prj-01 get networkpolicies"
    if [ -n "$present" ]; then
        echo "nothing copied: the database $owner at ${host:-the shared server} has $schema already"
        return
    fi
    in_server sh -c "$command" || fail "database $database" "not copied: $(error)" "kubectl -n prj-01 get pods"
    rows=$(in_server sh -c "$count") || fail "database $database" "not copied: $(error)" "kubectl -n prj-01 logs postgresql-0"
    echo "copied: $rows $schema"
}

# They see the old rows or the new ones, and never none: it is one transaction. The schema becomes a window onto the other
# database, by the name that prj-01 uses: where that leads, this follows.
follow() {
    case $project in
        prj-01) show_new_rows ;;
        *) keep_old_schema ;;
    esac
}

show_new_rows() {
    follows=
    [ "$dry_run" = yes ] || follows=$(query lab "SELECT 1 FROM pg_foreign_server WHERE srvname = 'prj_01'") || exit 1
    if [ -n "$follows" ]; then
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
    [ "$dry_run" = yes ] || echo "whoever reads the readings in lab is shown those of the database prj_01"
}

# Nobody else has read it.
keep_old_schema() {
    change lab <<SQL
SELECT 'ALTER SCHEMA $schema RENAME TO ${schema}_before'
WHERE to_regnamespace('$schema') IS NOT NULL AND to_regnamespace('${schema}_before') IS NULL \\gexec
SQL
    [ "$dry_run" = yes ] || echo "the old $schema are kept as the schema ${schema}_before"
}

# The name is what an open connection does not ask again, and DNS remembers the old answer for some seconds.
await_name() {
    # shellcheck disable=SC2016
    in_server sh -c 'for _ in $(seq 120); do
        name=$(getent hosts "$0" | { read -r _ name _; echo "$name"; })
        case $name in "" | db.prj-01.svc.*) sleep 0.5 ;; *) exit 0 ;; esac
    done; exit 1' "$project-db.$project.svc" ||
        fail "service $project/$project-db" "it leads to no other server than before" \
            "kubectl -n $project get service $project-db"
}

# The last statement again where it is renamed: who was interrupted there has not come to it, and a dump of all leaves out
# what nobody may connect to.
close() {
    keep="ALTER DATABASE ${owner}_before ALLOW_CONNECTIONS true;"
    if [ "$dry_run" = no ]; then
        if is_closed; then
            change lab <<SQL
$keep
SQL
            echo "the database $owner of the shared server is shut already"
            return
        fi
        await_name
    fi
    change lab <<SQL
ALTER DATABASE $owner ALLOW_CONNECTIONS false;
SELECT count(pg_terminate_backend(pid)) || ' connections to the old database ended' FROM pg_stat_activity WHERE datname = '$owner';
ALTER DATABASE $owner RENAME TO ${owner}_before;
$keep
SQL
}

read_arguments "$@"
command -v kubectl >/dev/null || fail kubectl "it is not on PATH" "install it (on a k3s server: ln -s k3s /usr/local/bin/kubectl)"
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
trap 'exit 141' PIPE
[ "$dry_run" = yes ] || kubectl get --raw /version --request-timeout=10s >/dev/null 2>"$state/error" </dev/null ||
    fail cluster "it does not answer: $(tail -n 1 "$state/error")" "kubectl config get-contexts"
"$step"

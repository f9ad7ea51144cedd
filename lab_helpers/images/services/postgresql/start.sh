#!/bin/sh
# Make the database where PGDATA holds none, as POSTGRES_PASSWORD, POSTGRES_USER and POSTGRES_DB say, and serve it.
# /docker-entrypoint-initdb.d is run when it is made, /docker-entrypoint-startdb.d at each start, before anybody connects.
set -eu

fail() {
  echo "postgresql: $1" >&2
  exit 1
}

# What NAME says, or the file that NAME_FILE names, or else the second argument.
setting() {
  eval "value=\${$1:-} file=\${$1_FILE:-}"
  [ -z "$value" ] || [ -z "$file" ] || fail "$1 and $1_FILE are both set: unset one"
  if [ -n "$file" ]; then
    value=$(cat "$file") || fail "$1_FILE: $file cannot be read"
  fi
  printf '%s' "${value:-${2:-}}"
}

make_cluster() {
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  password=$(setting POSTGRES_PASSWORD)
  if [ -n "$password" ]; then
    set -- --pwfile=/dev/stdin
  elif [ "$method" = trust ]; then
    set --
  else
    fail "POSTGRES_PASSWORD is not set: the password of the user $POSTGRES_USER, from a Secret"
  fi
  # shellcheck disable=SC2086 # several arguments, as Docker's image takes them
  printf '%s\n' "$password" | initdb --pgdata="$new" --username="$POSTGRES_USER" --encoding=UTF8 \
    --auth-local=trust --auth-host="$method" "$@" ${POSTGRES_INITDB_ARGS:-}
  echo "host all all all $method" >>"$new/pg_hba.conf"
}

# with_server DATA COMMAND...: run it while a server serves the data to nobody else.
with_server() {
  data=$1
  shift
  pg_ctl --pgdata="$data" --options="-c listen_addresses=''" --silent --wait start
  "$@"
  pg_ctl --pgdata="$data" --mode=fast --silent --wait stop
}

run_files() { # DIRECTORY
  for file in "$1"/*; do
    case $file in
      *.sql)
        psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --file="$file" ||
          fail "$file was refused, as said above"
        ;;
      *.sh) sh "$file" ;;
    esac
  done
}

fill_cluster() {
  if [ "$POSTGRES_DB" != postgres ]; then
    createdb --username="$POSTGRES_USER" --maintenance-db=postgres "$POSTGRES_DB"
  fi
  run_files /docker-entrypoint-initdb.d
}

# PG_VERSION is the last to come: where it lies, the cluster is whole, whenever this was killed.
initialize() {
  new="$PGDATA/.new"
  if [ -e "$new" ]; then
    # Killed before it was whole. The mark goes last.
    rm -rf "$PGDATA"/*
    rm -rf "$new"
  elif [ -n "$(ls -A "$PGDATA")" ]; then
    fail "PGDATA: $PGDATA holds files and no database; name an empty directory"
  fi
  mkdir "$new"
  make_cluster
  with_server "$new" fill_cluster
  for file in "$new"/*; do
    [ "$file" = "$new/PG_VERSION" ] || mv "$file" "$PGDATA/"
  done
  mv "$new/PG_VERSION" "$PGDATA/"
  rmdir "$new"
}

case ${1:-} in
  postgres) shift ;;
  -*) ;;
  *) exec "$@" ;;
esac

POSTGRES_USER=$(setting POSTGRES_USER postgres)
POSTGRES_DB=$(setting POSTGRES_DB "$POSTGRES_USER")
export POSTGRES_USER POSTGRES_DB
# The first process of a container ignores signals that nothing was said about.
trap 'exit 143' TERM INT
if [ ! -e "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA" || fail "PGDATA: $PGDATA cannot be made; is its volume writable for group $(id -g) (fsGroup)?"
  [ -O "$PGDATA" ] || fail "PGDATA: $PGDATA is not owned by user $(id -u); name a directory below it, as in $PGDATA/pgdata"
  chmod 700 "$PGDATA"
  initialize
fi
if [ -d /docker-entrypoint-startdb.d ]; then
  with_server "$PGDATA" run_files /docker-entrypoint-startdb.d
fi
trap - TERM INT
exec postgres -c listen_addresses='*' "$@"

#!/bin/sh
# Make the database where PGDATA holds none, as POSTGRES_PASSWORD, POSTGRES_USER and POSTGRES_DB say, and serve it.
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

fill_cluster() {
  pg_ctl --pgdata="$new" --options="-c listen_addresses=''" --wait start
  if [ "$POSTGRES_DB" != postgres ]; then
    createdb --username="$POSTGRES_USER" --maintenance-db=postgres "$POSTGRES_DB"
  fi
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sql) psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --file="$file" ;;
      *.sh) sh "$file" ;;
    esac
  done
  pg_ctl --pgdata="$new" --mode=fast --wait stop
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
  POSTGRES_USER=$(setting POSTGRES_USER postgres)
  POSTGRES_DB=$(setting POSTGRES_DB "$POSTGRES_USER")
  export POSTGRES_USER POSTGRES_DB
  mkdir "$new"
  make_cluster
  fill_cluster
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

if [ ! -e "$PGDATA/PG_VERSION" ]; then
  # The first process of a container ignores signals that nothing was said about.
  trap 'exit 143' TERM INT
  mkdir -p "$PGDATA" || fail "PGDATA: $PGDATA cannot be made; is its volume writable for group $(id -g) (fsGroup)?"
  [ -O "$PGDATA" ] || fail "PGDATA: $PGDATA is not owned by user $(id -u); name a directory below it, as in $PGDATA/pgdata"
  chmod 700 "$PGDATA"
  initialize
  trap - TERM INT
fi
exec postgres -c listen_addresses='*' "$@"

# Make the database where there is none yet, whole or not at all, and serve it.
set -eu
if [ ! -d "$PGDATA" ]; then
  rm -rf "$PGDATA.part"
  initdb --pgdata="$PGDATA.part" --username=postgres --pwfile=/run/secrets/database/password --auth=scram-sha-256 --encoding=UTF8
  echo "host all all all scram-sha-256" >>"$PGDATA.part/pg_hba.conf"
  mv "$PGDATA.part" "$PGDATA"
fi
exec postgres -c listen_addresses='*'

#!/bin/sh
# Serve with the settings of this image, unless another program is named, as Docker's image has it. REDIS_PASSWORD, if it
# is set, is asked of every client; it comes by standard input, for arguments are seen by whoever lists processes.
set -eu

case ${1:-} in
  redis-server) shift ;;
  -*) ;;
  *) exec "$@" ;;
esac
[ -n "${REDIS_PASSWORD:-}" ] || exec redis-server /usr/local/etc/redis.conf "$@"
exec redis-server - "$@" <<EOF
include /usr/local/etc/redis.conf
requirepass "$REDIS_PASSWORD"
EOF

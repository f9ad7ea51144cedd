#!/bin/sh
# Serve with the settings of this image, unless another program is named, as Docker's image has it.
set -eu

case ${1:-} in
  redis-server) shift ;;
  -*) ;;
  *) exec "$@" ;;
esac
exec redis-server /usr/local/etc/redis.conf "$@"

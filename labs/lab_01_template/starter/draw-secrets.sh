#!/bin/sh
# Draw the values of the shop's secrets into a file: random, different for everybody, readable by you alone.
set -eu
file=$1
[ ! -e "$file" ] || exit 0
umask 077
password=$(cat /proc/sys/kernel/random/uuid)
printf 'POSTGRES_PASSWORD=%s\nDATABASE_URL=postgresql://shop:%s@database:5432/shop\nAPI_KEY=%s\n' \
    "$password" "$password" "$(cat /proc/sys/kernel/random/uuid)" > "$file"

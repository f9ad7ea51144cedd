#!/bin/sh
# Make the secret values of one environment, out of Git's sight: a random value for every key of the reference, and the
# same password of the database for all that use it.
#
#   setup_env_secure.sh staging|production
#
# Reads  k8s/base/secrets/*.env.example              (keys only, in Git)
# Writes k8s/overlays/<environment>/secrets/*.env    (mode 0600, ignored by Git; one that is there is kept as it is)
#
# To rotate: delete the file, run this again, apply the overlay, `kubectl rollout restart` what reads it. The password of
# the database is rotated in the database first, and then in all files: a file that is made takes the one that is there.
set -eu
umask 077

k8s=$(CDPATH='' cd -- "$(dirname -- "$0")/../../../k8s" && pwd)

die() {
    echo "setup_env_secure.sh: $1" >&2
    exit 1
}

# Longer than 52 letters kustomize folds a value, and every apply calls its Secret "configured": hence the short URL.
random_value() { # BYTES
    value=$(od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n')
    [ ${#value} -eq $(($1 * 2)) ] || die "cannot read random bytes from /dev/urandom"
    echo "$value"
}

# The password that a file of this environment has already, or a new one.
database_password() { # DIRECTORY
    for file in "$1"/*.env; do
        [ -f "$file" ] || continue
        password=$(sed -n 's|^DATABASE_URL=postgresql://[^:]*:\([^@]*\)@.*|\1|p' "$file")
        [ -z "$password" ] || { echo "$password"; return; }
    done
    random_value 10
}

# write REFERENCE TARGET: complete or not at all, and never over an existing file (ln refuses).
write() {
    if [ -f "$2" ]; then
        echo "kept $2: delete it first if its values should change"
        return
    fi
    temporary=$(mktemp "$2.XXXXXX")
    trap 'rm -f "$temporary"' EXIT
    trap 'exit 1' HUP INT TERM
    sed -n 's/^\([A-Z][A-Z0-9_]*\)=$/\1/p' "$1" | while read -r key; do
        case $key in
            DATABASE_URL) value=postgresql://lab:$password@db.prj-01/lab ;;
            POSTGRES_PASSWORD) value=$password ;;
            *) value=$(random_value 24) ;;
        esac
        echo "$key=$value"
    done >"$temporary"
    ln "$temporary" "$2" 2>/dev/null || die "$2 was made by somebody else just now, or cannot be made"
    rm -f "$temporary"
    echo "made $2"
}

environment=${1:-}
[ $# -eq 1 ] || die "usage: setup_env_secure.sh staging|production"
[ -f "$k8s/overlays/$environment/kustomization.yaml" ] || die "there is no overlay named $environment in $k8s/overlays"

directory=$k8s/overlays/$environment/secrets
mkdir -p "$directory"
password=$(database_password "$directory")
for reference in "$k8s"/base/secrets/*.env.example; do
    name=$(basename "$reference" .example)
    write "$reference" "$directory/$name"
done

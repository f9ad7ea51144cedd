#!/bin/sh
# Make the secret values of one environment, out of Git's sight: a random value for every key of the reference.
#
#   setup_env_secure.sh staging|production
#
# Reads  k8s/base/secrets/*.env.example              (keys only, in Git)
# Writes k8s/overlays/<environment>/secrets/*.env    (mode 0600, ignored by Git; one that is there is kept as it is)
#
# To rotate: delete the file, run this again, apply the overlay, `kubectl rollout restart` what reads it.
set -eu
umask 077

k8s=$(CDPATH='' cd -- "$(dirname -- "$0")/../../../k8s" && pwd)

die() {
    echo "setup_env_secure.sh: $1" >&2
    exit 1
}

random_value() {
    # 192 bits: longer than 48 letters, kustomize folds the value, and every apply calls the Secret "configured".
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
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
        value=$(random_value)
        [ ${#value} -eq 48 ] || die "cannot read random bytes from /dev/urandom"
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
for reference in "$k8s"/base/secrets/*.env.example; do
    name=$(basename "$reference" .example)
    write "$reference" "$directory/$name"
done

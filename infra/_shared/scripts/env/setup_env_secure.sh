#!/bin/sh
# Make the secret values of one environment, out of Git's sight: a random value for every key of the reference, and the
# same password of the database for all that use it.
#
#   setup_env_secure.sh [--dry-run] staging|production
#
#   --dry-run    say what would be made; write nothing
#   --help       print this
#
# Reads  k8s/base/secrets/*.env.example              (keys only, in Git)
# Writes k8s/overlays/<environment>/secrets/*.env    (mode 0600, ignored by Git)
#
# Values that are there are kept as they are, and keys that a reference has and a file lacks are added. All are written,
# or none. ../../secrets/README.md says how a value is changed, and why the database's password takes more than that.
#
# Exit codes: 0 made, or there already; 1 nothing written; 2 wrong arguments; 130 and 143 interrupted.
set -eu
umask 077

scripts=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
k8s=$(CDPATH='' cd -- "$scripts/../../../k8s" && pwd)
dry_run=no
environment=

fail() { # OBJECT REASON NEXT_STEP
    printf 'setup_env_secure.sh: %s: %s; next: %s\n' "$1" "$2" "$3" >&2
    exit 1
}

refuse_arguments() { # REASON
    printf 'setup_env_secure.sh: arguments: %s; next: setup_env_secure.sh --help\n' "$1" >&2
    exit 2
}

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;;
            --dry-run) dry_run=yes ;;
            -*) refuse_arguments "there is no option $1" ;;
            *)
                [ -z "$environment" ] || refuse_arguments "one environment at a time, not $environment and $1"
                environment=$1
                ;;
        esac
        shift
    done
    [ -n "$environment" ] || refuse_arguments "which environment, staging or production?"
    [ -f "$k8s/overlays/$environment/kustomization.yaml" ] ||
        refuse_arguments "there is no overlay $environment in $k8s/overlays"
}

# Longer than 52 letters kustomize folds a value, and every apply calls its Secret "configured": hence the short URL.
random_value() { # BYTES
    value=$(od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n')
    [ ${#value} -eq $(($1 * 2)) ] || fail /dev/urandom "it gives no random bytes" "ls -l /dev/urandom"
    echo "$value"
}

# The passwords of the database that a file has, one a line.
passwords() { # FILE
    sed -n 's|^DATABASE_URL=postgresql://[^:]*:\([^@]*\)@.*|\1|p; s|^POSTGRES_PASSWORD=\(..*\)|\1|p' "$1"
}

# The password that the files of this environment have already, or a new one. With two of them nobody knows which one
# the database has.
read_password() {
    password=
    for file in "$directory"/*.env; do
        [ -f "$file" ] || continue
        for other in $(passwords "$file"); do
            [ "${password:=$other}" = "$other" ] ||
                fail "$file" "it has another password of the database than ${first##*/}" \
                    "look at both; $scripts/../../secrets/README.md says how it is changed"
            first=$file
        done
    done
    [ -n "$password" ] || password=$(random_value 10)
}

new_value() { # KEY
    case $1 in
        DATABASE_URL) echo "postgresql://lab:$password@db.prj-01/lab" ;;
        POSTGRES_PASSWORD) echo "$password" ;;
        *) random_value 24 ;;
    esac
}

# prepare REFERENCE: the file as it shall be, in the stage; nothing where it is so already.
prepare() {
    name=$(basename "$1" .example)
    file=$directory/$name
    way=new
    added=
    [ ! -f "$file" ] || way=completed
    [ ! -f "$file" ] || cat "$file" >"$stage/$way/$name"
    # shellcheck disable=SC2013 # keys are words
    for key in $(sed -n 's/^\([A-Z][A-Z0-9_]*\)=$/\1/p' "$1"); do
        ! grep -q "^$key=." "$stage/$way/$name" 2>/dev/null || continue
        value=$(new_value "$key")
        echo "$key=$value" >>"$stage/$way/$name"
        added="$added $key"
    done
    if [ -z "$added" ]; then
        rm -f "$stage/$way/$name"
        echo "kept $file: delete it first if its values should change"
    elif [ "$dry_run" = yes ]; then
        echo "would write $file:$added"
    fi
}

# publish: never over a file that somebody else has made meanwhile (ln refuses).
publish() {
    for made in "$stage"/new/*.env; do
        [ -f "$made" ] || continue
        file=$directory/$(basename "$made")
        ln "$made" "$file" 2>/dev/null ||
            fail "$file" "somebody else has made it just now, or it cannot be made" "ls -la $directory"
        echo "made $file"
    done
    for made in "$stage"/completed/*.env; do
        [ -f "$made" ] || continue
        mv "$made" "$directory/"
        echo "completed $directory/$(basename "$made")"
    done
}

read_arguments "$@"
directory=$k8s/overlays/$environment/secrets
mkdir -p "$directory"
stage=$(mktemp -d "$directory/.making.XXXXXX")
trap 'rm -rf "$stage"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
mkdir "$stage/new" "$stage/completed"
read_password
for reference in "$k8s"/base/secrets/*.env.example; do
    prepare "$reference"
done
[ "$dry_run" = yes ] || publish

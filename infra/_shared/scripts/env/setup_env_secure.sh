#!/bin/sh
# Make the secret values of one environment, out of Git's sight: a random value for every key of the reference. Each project
# gets a login of its own in the database; the server gets the same passwords, in a Secret that only it reads.
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
# or none. ../../secrets/README.md says how a value is changed, and what has to be started anew then.
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
    case $environment in */* | .*) refuse_arguments "there is no environment $environment" ;; esac
    [ -f "$k8s/overlays/$environment/kustomization.yaml" ] ||
        refuse_arguments "there is no overlay $environment in $k8s/overlays"
}

random_value() { # BYTES
    value=$(od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n')
    [ ${#value} -eq $(($1 * 2)) ] || fail /dev/urandom "it gives no random bytes" "ls -l /dev/urandom"
    echo "$value"
}

# The passwords that a file has, one a line after whose it is; `lab` owns the database.
passwords() { # FILE
    sed -n '
        s|^DATABASE_URL=postgresql://\([^:]*\):\([^@]*\)@.*|\1 \2|p
        s|^POSTGRES_PASSWORD=\(..*\)|lab \1|p
        s|^PRJ_\([0-9]*\)_PASSWORD=\(..*\)|prj_\1 \2|p
        s|^BROKER_URL=redis://:\([^@]*\)@.*|redis \1|p
        s|^REDIS_PASSWORD=\(..*\)|redis \1|p' "$1"
}

# Of two passwords of one login nobody knows which one the server has.
read_passwords() {
    for file in "$directory"/*.env; do
        [ -f "$file" ] || continue
        [ -r "$file" ] || fail "$file" "it cannot be read" "ls -l $file"
        passwords "$file" >"$stage/read"
        while read -r user value || [ -n "$user" ]; do # the last line may be without an end
            known=$stage/passwords/$user
            [ -f "$known" ] || printf '%s %s\n' "$value" "${file##*/}" >"$known"
            read -r other first <"$known"
            [ "$value" = "$other" ] || fail "$file" "it has another password of $user than $first" \
                "look at both; $scripts/../../secrets/README.md says how it is changed"
        done <"$stage/read"
    done
}

# The password that the files of this environment have already, or a new one, the same for all of them.
password() { # USER
    [ -f "$stage/passwords/$1" ] || random_value 8 >"$stage/passwords/$1"
    read -r value _ <"$stage/passwords/$1"
    echo "$value"
}

# Longer than 52 letters kustomize folds a value, and every apply calls its Secret "configured": hence the short URLs.
new_value() { # KEY FILE
    case $1 in
        DATABASE_URL)
            project=${2%.env}
            user=$(echo "$project" | tr - _)
            [ "$2" != prj-01.postgresql.env ] || project=prj-01 user=lab
            echo "postgresql://$user:$(password "$user")@$project-db/lab"
            ;;
        POSTGRES_PASSWORD) password lab ;;
        PRJ_*_PASSWORD) password "$(echo "${1%_PASSWORD}" | tr '[:upper:]' '[:lower:]')" ;;
        BROKER_URL) echo "redis://:$(password redis)@broker.prj-04/0" ;;
        REDIS_PASSWORD) password redis ;;
        *) random_value 24 ;;
    esac
}

# A file from before each project had a login of its own.
note_owner() { # FILE
    ! grep -q '^DATABASE_URL=postgresql://lab:' "$1" || [ "${1##*/}" = prj-01.postgresql.env ] ||
        echo "note: $1 still logs in as lab, the owner of the database: delete it, and run this again"
}

# Each line with its end, and without the keys that get a value now: kustomize refuses one that stands there twice.
copy() { # REFERENCE FILE
    sed -n '/^[A-Z][A-Z0-9_]*=$/p' "$1" | grep -vxFf - "$2" || [ $? -eq 1 ] # 1: no line is left
}

# prepare REFERENCE: the file as it shall be, in the stage; nothing where it is so already.
prepare() {
    name=$(basename "$1" .example)
    file=$directory/$name
    way=new
    added=
    [ ! -f "$file" ] || way=completed
    [ ! -f "$file" ] || copy "$1" "$file" >"$stage/$way/$name"
    # shellcheck disable=SC2013 # keys are words
    for key in $(sed -n 's/^\([A-Z][A-Z0-9_]*\)=$/\1/p' "$1"); do
        ! grep -q "^$key=." "$stage/$way/$name" 2>/dev/null || continue
        value=$(new_value "$key" "$name")
        echo "$key=$value" >>"$stage/$way/$name"
        added="$added $key"
    done
    if [ -z "$added" ]; then
        rm -f "$stage/$way/$name"
        echo "kept $file: delete it first if its values should change"
        note_owner "$file"
    elif [ "$dry_run" = yes ]; then
        echo "would write $file:$added"
    fi
}

# publish: never over a file that somebody else has made meanwhile (ln refuses).
publish() {
    written=
    for made in "$stage"/new/*.env; do
        [ -f "$made" ] || continue
        file=$directory/$(basename "$made")
        ln "$made" "$file" 2>/dev/null ||
            fail "$file" "somebody else has made it just now, or it cannot be made" "ls -la $directory"
        written="$written
made $file"
    done
    for made in "$stage"/completed/*.env; do
        [ -f "$made" ] || continue
        mv "$made" "$directory/"
        written="$written
completed $directory/$(basename "$made")"
    done
    [ -z "$written" ] || echo "${written#?}" # last: whoever reads it may go away
}

read_arguments "$@"
directory=$k8s/overlays/$environment/secrets
stage=$(mkdir -p "$directory" 2>/dev/null && mktemp -d "$directory/.making.XXXXXX" 2>/dev/null) ||
    fail "$directory" "it cannot be written to" "ls -ld $directory"
trap 'rm -rf "$stage"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
trap 'exit 141' PIPE # else nothing would remove the values
mkdir "$stage/new" "$stage/completed" "$stage/passwords"
read_passwords
for reference in "$k8s"/base/secrets/*.env.example; do
    prepare "$reference"
done
[ "$dry_run" = yes ] || publish

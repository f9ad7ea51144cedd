#!/bin/sh
# Encrypt the secret values of one environment with SOPS and age, so that Git may keep them; decrypt them where needed.
#
#   sops_env.sh [--dry-run] encrypt|decrypt staging|production
#
#   encrypt        k8s/overlays/<environment>/secrets/<project>.env  ->  _shared/secrets/sops/<environment>/<project>.sops.env
#   decrypt        the way back, for `kubectl apply -k`: mode 0600, and one that is there is kept as it is
#   --dry-run      say what would be written; write nothing
#   --help         print this
#
# Who may decrypt stands in _shared/secrets/sops/.sops.yaml, by the public key of each; ../../secrets/README.md says how to
# make one. The private key is where SOPS looks for it: $SOPS_AGE_KEY_FILE, else ~/.config/sops/age/keys.txt.
#
# All are written, or none. What is encrypted already is not written anew, for the same value reads differently each time.
#
# Exit codes: 0 done; 1 nothing written; 2 wrong arguments; 130 and 143 interrupted, nothing written.
set -eu
umask 077

scripts=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
repository=$(CDPATH='' cd -- "$scripts/../../.." && pwd)
rules=$repository/_shared/secrets/sops/.sops.yaml
dry_run=no
stage=

complain() { # OBJECT REASON NEXT_STEP
    printf 'sops_env.sh: %s: %s; next: %s\n' "$1" "$2" "$3" >&2
}

fail() { # OBJECT REASON NEXT_STEP
    complain "$@"
    exit 1
}

refuse_arguments() { # REASON
    complain arguments "$1" "sops_env.sh --help"
    exit 2
}

# error: what matters of what SOPS wrote to its standard error, in one line.
error() {
    grep -v '^[[:space:]]*$' "$stage/error" | head -n 1 | grep . || echo "no reason given"
}

# The mode of a value is that of the file it comes from; that of what is encrypted is Git's.
publish() { # FILE TARGET MODE
    if [ "$dry_run" = yes ]; then
        echo "would write $2"
    else
        chmod "$3" "$1"
        echo "$1 $2" >>"$stage/written"
    fi
}

encrypt() { # PROJECT
    plain=$values/$1.env
    encrypted=$target/$1.sops.env
    [ -s "$plain" ] || fail "$plain" "it is empty" "delete it, then: $scripts/setup_env_secure.sh $environment"
    # By its number: the line itself may be a part of a value.
    line=$(grep -nvE '^[[:space:]]*(#|$)|^[A-Za-z_.-][A-Za-z0-9_.-]*=' "$plain" | head -n 1 | cut -d : -f 1)
    [ -z "$line" ] || fail "$plain" "line $line is not KEY=value" "vi +$line $plain"
    if [ -f "$encrypted" ] && sops decrypt "$encrypted" 2>/dev/null | cmp -s - "$plain"; then
        echo "kept $encrypted: it holds these values already"
        return
    fi
    sops --config "$rules" encrypt --filename-override "$encrypted" --input-type dotenv --output-type dotenv "$plain" \
        >"$stage/$1.sops.env" 2>"$stage/error" || fail "$plain" "it is not encrypted: $(error)" "less $rules"
    publish "$stage/$1.sops.env" "$encrypted" 644
}

decrypt() { # PROJECT
    plain=$values/$1.env
    encrypted=$target/$1.sops.env
    if [ -e "$plain" ]; then
        echo "kept $plain: delete it first if its values should change"
        return
    fi
    sops decrypt "$encrypted" >"$stage/$1.env" 2>"$stage/error" ||
        fail "$encrypted" "it is not decrypted: $(error)" "sops decrypt $encrypted   # says which key it wants"
    publish "$stage/$1.env" "$plain" 600
}

each() { # COMMAND DIRECTORY SUFFIX
    count=0
    for file in "$2"/*"$3"; do
        [ -f "$file" ] || continue
        count=$((count + 1))
        "$1" "$(basename "$file" "$3")"
    done
    [ "$count" -gt 0 ] || return 1
}

while [ $# -gt 0 ]; do
    case $1 in
        --help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;;
        --dry-run) dry_run=yes ;;
        -*) refuse_arguments "there is no option $1" ;;
        *) break ;;
    esac
    shift
done
[ $# -eq 2 ] || refuse_arguments "encrypt or decrypt, and which environment, staging or production?"
action=$1
environment=$2
case $action in
    encrypt | decrypt) ;;
    *) refuse_arguments "encrypt or decrypt, not $action" ;;
esac
case $environment in */* | .*) refuse_arguments "there is no environment $environment" ;; esac
values=$repository/k8s/overlays/$environment/secrets
target=$repository/_shared/secrets/sops/$environment
[ -f "$repository/k8s/overlays/$environment/kustomization.yaml" ] ||
    refuse_arguments "there is no overlay $environment in $repository/k8s/overlays"
command -v sops >/dev/null || fail sops "it is not on PATH" "install SOPS, and age for its keys"

overlay=$repository/k8s/overlays/$environment
stage=$(mktemp -d "$overlay/.sops.XXXXXX" 2>/dev/null) || fail "$overlay" "it cannot be written to" "ls -ld $overlay"
trap 'rm -rf "$stage"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
trap 'exit 141' PIPE # else nothing would remove what is not encrypted
: >"$stage/written"
if [ "$action" = encrypt ]; then
    [ -f "$rules" ] || fail "$rules" "it is not there, and so nobody is named who may decrypt" \
        "less $repository/_shared/secrets/README.md"
    each encrypt "$values" .env || fail "$values" "it has no values" "$scripts/setup_env_secure.sh $environment"
else
    each decrypt "$target" .sops.env || fail "$target" "nothing is encrypted there" "$scripts/sops_env.sh encrypt $environment"
fi
[ "$dry_run" = yes ] || (umask 022 && mkdir -p "$target" "$values")
while read -r file path; do
    mv "$file" "$path"
    echo "made $path"
done <"$stage/written"

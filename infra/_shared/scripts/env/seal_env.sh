#!/bin/sh
# Seal the secret values of one environment, so that Git may keep them: only the controller in that cluster opens them.
#
#   seal_env.sh [--dry-run] [--cert FILE] staging|production [PROJECT...]
#
#   --dry-run      say what would be sealed; write nothing
#   --cert FILE    seal with this certificate, without asking the cluster; `kubeseal --fetch-cert` prints it
#   --help         print this
#
# Reads  k8s/overlays/<environment>/secrets/<project>.env             (made by setup_env_secure.sh, ignored by Git)
# Writes _shared/secrets/sealed/<environment>/<project>-secrets.yaml  (for its namespace and its name only: scope strict)
#        _shared/secrets/sealed/<environment>/kustomization.yaml      (which lists them)
# <project> is prj-02, or a server of it: prj-01.postgresql.env becomes postgresql-secrets.yaml, for the namespace prj-01.
#
# All are written, or none. The same value sealed twice reads differently: after a rotation name the projects whose values
# have changed, and the others stay as they are. ../../secrets/README.md says when to seal anew.
#
# Exit codes: 0 sealed; 1 nothing written; 2 wrong arguments; 130 and 143 interrupted, nothing written.
set -eu
umask 077

scripts=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
repository=$(CDPATH='' cd -- "$scripts/../../.." && pwd)
dry_run=no
certificate=
environment=
stage=

complain() { # OBJECT REASON NEXT_STEP
    printf 'seal_env.sh: %s: %s; next: %s\n' "$1" "$2" "$3" >&2
}

fail() { # OBJECT REASON NEXT_STEP
    complain "$@"
    exit 1
}

refuse_arguments() { # REASON
    complain arguments "$1" "seal_env.sh --help"
    exit 2
}

require() { # PROGRAM NEXT_STEP
    command -v "$1" >/dev/null || fail "$1" "it is not on PATH" "$2"
}

# The projects that have values, where none are named.
projects() {
    for file in "$values"/*.env; do
        [ -f "$file" ] && basename "$file" .env
    done
    return 0
}

check_values() { # PROJECT
    [ -s "$values/$1.env" ] || fail "$values/$1.env" "it is not there, or empty" "$scripts/setup_env_secure.sh $environment"
    # By its number: the line itself may be a part of a value.
    line=$(grep -nvE '^[[:space:]]*(#|$)|^[A-Za-z_.-][A-Za-z0-9_.-]*=' "$values/$1.env" | head -n 1 | cut -d : -f 1)
    [ -z "$line" ] || fail "$values/$1.env" "line $line is not KEY=value" "vi +$line $values/$1.env"
}

# seal PROJECT: the values go from the file to kubeseal by pipes, never as arguments, and to the disk sealed only.
seal() {
    app=${1##*.}
    secret=$(kubectl create secret generic "$app-secrets" --namespace="${1%%.*}" --from-env-file="$values/$1.env" \
        --dry-run=client --output=yaml 2>"$stage/error") ||
        fail "$values/$1.env" "kubectl makes no Secret of it: $(error)" "lines of the form KEY=value"
    printf '%s\n' "$secret" |
        kubectl label --local --filename=- --output=yaml \
            "app=$app" "app.kubernetes.io/name=$app" app.kubernetes.io/part-of=kubernetes-lab |
        kubeseal --format=yaml ${certificate:+"--cert=$certificate"} >"$stage/$app-secrets.yaml" 2>"$stage/error" ||
        fail kubeseal "$(error)" "kubectl -n kube-system get deployment sealed-secrets-controller, or --cert FILE"
}

# error: the first line that the last program wrote to its standard error.
error() {
    grep -m 1 . "$stage/error" || echo "no reason given"
}

# The list has what was sealed before as well, and what was put there by hand.
write_kustomization() {
    {
        sed '/^resources:/,$d' "$target/kustomization.yaml"
        echo "resources:"
        {
            sed -n '/^resources:/,/^[a-z]/s/^ *- //p' "$target/kustomization.yaml" | grep -v '^[^/]*-secrets\.yaml$' || true
            for file in "$target"/*-secrets.yaml "$stage"/*-secrets.yaml; do
                [ ! -f "$file" ] || basename "$file"
            done
        } | sort -u | sed 's/^/  - /'
        sed '1,/^resources:/d' "$target/kustomization.yaml" | sed -n '/^[a-z]/,$p'
    } >"$stage/kustomization.yaml"
}

while [ $# -gt 0 ]; do
    case $1 in
        --help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;;
        --dry-run) dry_run=yes ;;
        --cert)
            [ -n "${2:-}" ] || refuse_arguments "--cert takes a file"
            certificate=$2
            shift
            ;;
        -*) refuse_arguments "there is no option $1" ;;
        *) break ;;
    esac
    shift
done
[ $# -gt 0 ] || refuse_arguments "which environment, staging or production?"
environment=$1
shift
case $environment in */* | .*) refuse_arguments "there is no environment $environment" ;; esac
values=$repository/k8s/overlays/$environment/secrets
target=$repository/_shared/secrets/sealed/$environment
[ -f "$target/kustomization.yaml" ] ||
    refuse_arguments "there is no environment $environment in $repository/_shared/secrets/sealed"
! grep -qE '^resources: *\[ *([^] ]|$)' "$target/kustomization.yaml" ||
    fail "$target/kustomization.yaml" "its resources stand in brackets" "write each on a line of its own: '  - NAME.yaml'"
[ -z "$certificate" ] || [ -s "$certificate" ] || fail "$certificate" "it is not there, or empty" "kubeseal --fetch-cert"

# shellcheck disable=SC2046 # their names have no spaces: they are those of namespaces
[ $# -gt 0 ] || set -- $(projects)
[ $# -gt 0 ] || fail "$values" "it has no values to seal" "$scripts/setup_env_secure.sh $environment"
for project in "$@"; do
    check_values "$project"
done
if [ "$dry_run" = yes ]; then
    for project in "$@"; do
        echo "would seal $values/$project.env as $target/${project##*.}-secrets.yaml"
    done
    exit 0
fi

require kubectl "install it (on a k3s server: ln -s k3s /usr/local/bin/kubectl)"
require kubeseal "install kubeseal, of the version that the controller has"
stage=$(mktemp -d "$target/.sealing.XXXXXX" 2>/dev/null) || fail "$target" "it cannot be written to" "ls -ld $target"
trap 'rm -rf "$stage"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
trap 'exit 141' PIPE
for project in "$@"; do
    seal "$project"
done
write_kustomization
chmod 644 "$stage"/*.yaml
mv "$stage"/*-secrets.yaml "$stage/kustomization.yaml" "$target/"
for project in "$@"; do
    echo "sealed $target/${project##*.}-secrets.yaml"
done

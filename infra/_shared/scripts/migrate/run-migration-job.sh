#!/bin/sh
# Bring the database up to date before a release that needs it: run _shared/migrations/*.sql as a Job, and wait for it.
#
#   run-migration-job.sh [--dry-run] [NAMESPACE [SECONDS]]      (prj-01, where the database is; 120)
#
#   --dry-run   only print what would be applied; needs no cluster
#
# Exit status 0 means that the schema is that of the files, so that `run-migration-job.sh && kubectl apply -k …` sends no
# release without it. Each migration runs once, whole or not at all; whoever comes second waits for the first.
#
# The Job is named after the files' content: other files, another Job (a Job cannot be changed), the same files, the same
# Job. What finished is replaced; what another tool has made is never touched. A day later the cluster removes it.
set -eu

script=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
migrations=$(CDPATH='' cd -- "$script/../../migrations" && pwd)
me=run-migration-job.sh

fail() { # REASON NEXT_STEP
    printf '%s: %s\n  next: %s\n' "$me" "$1" "$2" >&2
    exit 1
}

usage() {
    sed -n '2,14s/^# \{0,1\}//p' "$0"
}

refuse_arguments() { # REASON
    printf '%s: arguments: %s\n  next: %s --help\n' "$me" "$1" "$me" >&2
    exit 2
}

dry_run=no
namespace=
seconds=
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --dry-run) dry_run=yes ;;
        -*) refuse_arguments "there is no option $1" ;;
        '') refuse_arguments "one of them is empty" ;;
        *)
            [ -z "$seconds" ] || refuse_arguments "at most two"
            if [ -z "$namespace" ]; then namespace=$1; else seconds=$1; fi
            ;;
    esac
    shift
done
namespace=${namespace:-prj-01}
seconds=${seconds:-120}
case $seconds in
    *[!0-9]* | 0*) refuse_arguments "$seconds is not a number of seconds" ;;
esac
command -v kubectl >/dev/null ||
    fail "kubectl: it is not on PATH" "install it (on a k3s server: ln -s k3s /usr/local/bin/kubectl)"

# The kustomization lies where kubectl may read all of it, and goes with this script.
work=$(mktemp -d)
created=no
waiting=
stop_waiting() {
    for process in $waiting; do
        kill "$process" 2>/dev/null || true
    done
    waiting=
}
# shellcheck disable=SC2317,SC2329 # by trap
clean_up() {
    stop_waiting
    rm -rf "$work"
}
# shellcheck disable=SC2317,SC2329 # by trap
stop() {
    trap '' HUP INT TERM PIPE
    if [ "$created" = yes ]; then
        kubectl -n "$namespace" delete job "$job" --ignore-not-found --cascade=foreground --timeout=30s >&2 || true
        echo "$me: stopped; of the migration under way nothing is in the database" >&2 || true
    fi
    exit 130
}
trap clean_up EXIT
trap stop HUP INT TERM
trap 'exit 141' PIPE

# A file that is no migration would be an error of the tool's in the cluster; here it is one line before.
list_migrations() {
    for file in "$migrations"/*; do
        name=${file##*/}
        case $name in
            README.md) ;;
            [0-9]*_*.sql) printf '%s\n' "$name" ;;
            *) fail "$file: is called no migration, as in 006_add_currency.sql" "git -C $migrations status --short" ;;
        esac
    done
}
files=$(list_migrations) || exit 1
[ -n "$files" ] || fail "$migrations: holds no migration" "git -C $migrations status --short"

mkdir "$work/job"
cp "$script"/job/*.yaml "$work/job"
for file in $files; do
    cp "$migrations/$file" "$work"
done
content=$(cd "$work" && sha256sum job/*.yaml ./*.sql | sha256sum | cut -c 1-10)
job=migrate-$content
{
    printf 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n'
    # In quotes: without a letter among them they would be a number.
    printf 'namespace: %s\nnameSuffix: "-%s"\nresources:\n  - job\n' "$namespace" "$content"
    printf 'configMapGenerator:\n  - name: migrations\n    options:\n      disableNameSuffixHash: true\n      immutable: true\n'
    printf '      labels:\n        app: migrate\n        app.kubernetes.io/managed-by: run-migration-job\n    files:\n'
    for file in $files; do
        printf '      - %s\n' "$file"
    done
} >"$work/kustomization.yaml"
manifest=$(kubectl kustomize "$work") || fail "$script/job: cannot be built, as said above" "kubectl kustomize $script/job"

if [ "$dry_run" = yes ]; then
    printf '# job/%s in namespace %s would run:\n' "$job" "$namespace"
    printf '%s\n' "$files" | sed 's/^/#   /'
    printf '%s\n' "$manifest"
    exit 0
fi

# in_cluster ARGUMENT...: kubectl in the namespace.
in_cluster() {
    kubectl -n "$namespace" "$@"
}

# must ARGUMENT...: kubectl in the namespace, where nothing can go on without its answer.
must() {
    in_cluster "$@" 2>"$work/error" ||
        fail "$2 $3 in $namespace: cannot $1 it: $(tail -n 1 "$work/error")" "kubectl -n $namespace auth can-i --list"
}

condition() {
    in_cluster get job "$job" --ignore-not-found \
        -o jsonpath='{range .status.conditions[?(@.status=="True")]}{.type}{"\n"}{end}' |
        grep -x -m 1 -e Complete -e Failed || true
}

expect_object() { # KIND NAME NEXT_STEP
    object=$(in_cluster get "$1" "$2" --ignore-not-found -o name 2>"$work/error") ||
        fail "$1/$2: $(tail -n 1 "$work/error")" "kubectl cluster-info"
    [ -n "$object" ] || fail "$1/$2: is not there, in namespace $namespace" "$3"
}

expect_ours() {
    owner=$(must get job "$job" --ignore-not-found \
        -o jsonpath='{.metadata.uid} {.metadata.labels.app\.kubernetes\.io/managed-by}')
    case $owner in
        '' | *' run-migration-job') ;;
        *) fail "job/$job in $namespace: was made by something else, and is left alone" "kubectl -n $namespace get job $job -o yaml" ;;
    esac
}

make_job() {
    if [ -n "$(condition)" ]; then # what has finished runs again: the database may be another since
        must delete job "$job" --cascade=foreground --timeout=60s >/dev/null
    fi
    present=$(must get job "$job" --ignore-not-found -o name)
    [ -n "$present" ] || created=yes
    printf '%s\n' "$manifest" | kubectl apply -f - >"$work/applied" ||
        fail "job/$job in $namespace: was refused, as said above" "kubectl -n $namespace auth can-i create jobs"
    # The ConfigMap goes when its Job does.
    uid=$(must get job "$job" -o jsonpath='{.metadata.uid}')
    must patch configmap "migrations-$content" --type=merge --patch \
        "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"name\":\"$job\",\"uid\":\"$uid\"}]}}" >/dev/null
}

# Whichever end it comes to: `kubectl wait` knows one condition, so that there are two of it.
await_end() {
    mkfifo "$work/ends"
    for end in Complete Failed; do
        kubectl -n "$namespace" wait "job/$job" --for="condition=$end" --timeout="${seconds}s" >"$work/ends" 2>/dev/null &
        waiting="$waiting $!"
    done
    read -r _ <"$work/ends" || true
    stop_waiting
}

# What keeps the pod from its end, as far as the cluster says.
what_holds_it_up() {
    reason=$(in_cluster get pods -l "job-name=$job" -o jsonpath='{.items[*].status.containerStatuses[*].state.waiting.reason}')
    echo "${reason:-its pod is still at it, or is not there yet}"
}

answer=$(kubectl get --raw /version --request-timeout=10s 2>&1 </dev/null) ||
    fail "the cluster does not answer: $(echo "$answer" | tail -n 1)" "kubectl config get-contexts"
expect_object namespace "$namespace" "kubectl apply -k k8s/overlays/staging"
expect_object secret postgresql-secrets "_shared/scripts/env/setup_env_secure.sh staging, then kubectl apply -k k8s/overlays/staging"
expect_object secret ghcr-secret "kubectl -n $namespace create secret docker-registry ghcr-secret, as README.md has it"
expect_ours
make_job
echo "job/$job in namespace $namespace, $(printf '%s\n' "$files" | tail -n 1) the last of its migrations:"
await_end
in_cluster logs "job/$job" 2>/dev/null || true

case $(condition) in
    Complete) ;;
    Failed)
        fail "job/$job in $namespace: the migration failed, as said above; the release that needs it must not go out" \
            "mend the file in _shared/migrations, and run this again"
        ;;
    *)
        fail "job/$job in $namespace: has not finished within $seconds s: $(what_holds_it_up)" \
            "kubectl -n $namespace describe job $job"
        ;;
esac

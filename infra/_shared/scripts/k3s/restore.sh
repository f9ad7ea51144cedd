#!/bin/sh
# Bring back what a cluster lost: from a backup of backup.sh, into a new cluster that this repository is applied to.
#
#   restore.sh [OPTION...] check staging|production BACKUP           may this backup be relied on? Asks no cluster
#   restore.sh [OPTION...] keys staging|production BACKUP            the keys of the sealed secrets, before anything is applied
#   sudo restore.sh [OPTION...] data staging|production BACKUP       files of claims and databases, once all of it is applied
#   sudo restore.sh [OPTION...] objects staging|production BACKUP    instead of these: every object as it was, on a k3s server
#
#   --identity FILE      the age private key of an encrypted backup
#   --max-age HOURS      refuse one that is older (48)
#   --replace            data: take claims and databases as well that are older than the backup; what is in them is lost
#   --timeout SECONDS    longest wait for pods to end or to start (300)
#   --dry-run            make every check and print what would be done; change nothing
#   --help               print this
#
# Each step first makes sure that the backup is whole (backup.sh --verify), not too old, and opens all that Git has sealed
# for the environment, in ../../secrets/sealed/<environment>: keys are renewed every 30 days, and what was sealed with one
# that came after the backup no key of it opens. `kubeseal --recovery-unseal` tries each, and shows no value.
#
# data runs on the server, where the directories of the claims are. It takes a claim and a database only where they are
# younger than the backup: anything else is not a new cluster. Whatever runs in their namespaces stands still meanwhile, but
# for PostgreSQL (pods with app=postgresql); the annotation restore/before remembers what was there. One that fails or is
# interrupted leaves it standing, for nothing may serve half of the data: run it again. Files and databases are as at the
# backup; what was written since the apply is gone.
#
# objects is k3s's own way, `k3s server --cluster-reset`: it brings back what nobody wrote down, mistakes included. Then
# data --replace, for the claims are as old as they were.
#
# Exit codes: 0 done; 1 not, as said; 2 wrong arguments; 130 and 143 interrupted. What was refused has changed nothing.
set -eu
umask 077

scripts=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
repository=$(CDPATH='' cd -- "$scripts/../../.." && pwd)
k3s_data=${K3S_DATA_DIR:-/var/lib/rancher/k3s}
database=postgresql
controller="sealed-secrets-controller"
step=
environment=
place=
identity=
max_age=48
timeout=300
dry_run=no
replace=no

fail() { # CODE OBJECT REASON NEXT_STEP
    printf 'restore.sh: %s: %s; next: %s\n' "$2" "$3" "$4" >&2
    exit "$1"
}

say() {
    printf 'restore.sh: %s\n' "$1"
}

refuse_arguments() { # REASON
    fail 2 arguments "$1" "restore.sh --help"
}

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;;
            --dry-run) dry_run=yes ;;
            --replace) replace=yes ;;
            --identity | --max-age | --timeout)
                [ -n "${2:-}" ] || refuse_arguments "$1 takes a value"
                case $1 in
                    --identity) identity=$2 ;;
                    --max-age) max_age=$2 ;;
                    --timeout) timeout=$2 ;;
                esac
                shift
                ;;
            -*) refuse_arguments "there is no option $1" ;;
            *) break ;;
        esac
        shift
    done
    [ $# -gt 0 ] || refuse_arguments "which step?"
    for argument in "$@"; do
        case $argument in -*) refuse_arguments "$argument comes before the step" ;; esac
    done
    step=$1 environment=${2:-} place=${3:-}
    case $step in check | keys | data | objects) ;; *) refuse_arguments "there is no step $step" ;; esac
    [ -n "$environment" ] || refuse_arguments "which environment, staging or production?"
    [ -n "$place" ] || refuse_arguments "which backup?"
    [ $# -eq 3 ] || refuse_arguments "one backup at a time"
    case $environment in */* | .*) refuse_arguments "there is no environment $environment" ;; esac
    sealed=$repository/_shared/secrets/sealed/$environment
    [ -d "$sealed" ] || refuse_arguments "there is no environment $environment in $repository/_shared/secrets/sealed"
    case $max_age in '' | 0* | *[!0-9]*) refuse_arguments "--max-age takes a number of hours, not '$max_age'" ;; esac
    case $timeout in '' | 0* | *[!0-9]*) refuse_arguments "--timeout takes a number of seconds, not '$timeout'" ;; esac
}

need() { # PROGRAM NEXT_STEP
    command -v "$1" >/dev/null || fail 1 "$1" "it is not on PATH" "$2"
}

# error: the first line that the last program wrote to its standard error.
error() {
    grep -m 1 . "$work/error" || echo "no reason given"
}

cluster() { # ARGUMENT...: kubectl, or k3s's own
    if command -v kubectl >/dev/null; then kubectl "$@"; else k3s kubectl "$@"; fi
}

need_root() {
    [ "$(id -u)" -eq 0 ] || fail 1 "this account" "it is not root" "sudo $0 $step $environment $place"
}

# --- The backup ------------------------------------------------------------------------------------------------------

check_whole() {
    "$scripts/backup.sh" --verify "$place" ${identity:+--identity "$identity"} >"$work/verified" 2>"$work/error" ||
        { sed 's/^backup.sh:/restore.sh:/' "$work/error" >&2 && exit 1; }
}

unpack() {
    case $place in
        *.age) age --decrypt --identity "$identity" "$place" 2>"$work/error" | tar -C "$backup" -xf - 2>>"$work/error" ;;
        *) tar -C "$backup" -xf "$place" 2>"$work/error" ;;
    esac || fail 1 "$place" "it cannot be unpacked: $(error)" "df $work"
}

# The last part that was written tells when, whatever the file is called since.
check_age() {
    made=$(date -u -r "$backup/SHA256SUMS" +%Y-%m-%dT%H:%M:%SZ)
    hours=$((($(date +%s) - $(date -r "$backup/SHA256SUMS" +%s)) / 3600))
    [ "$hours" -lt "$max_age" ] ||
        fail 1 "$place" "it is of $made, $hours hours old, and what was written since is not in it" \
            "a newer one, or restore.sh --max-age $((hours + 1)) $step $environment $place"
}

check_keys() {
    grep -rlE '^kind: SealedSecret$' "$sealed" >"$work/sealed" || true
    [ -s "$work/sealed" ] || return 0
    need kubeseal "install kubeseal, of the version that the controller has"
    [ -f "$backup/sealing-keys.yaml" ] ||
        fail 1 "$place" "it has no sealing keys, and Git has secrets sealed for $environment" "ls $sealed"
    while read -r file; do
        # To nowhere: what it prints is the secret.
        kubeseal --recovery-unseal --recovery-private-key "$backup/sealing-keys.yaml" <"$file" >/dev/null 2>"$work/error" ||
            fail 1 "$place" "$file is sealed with a key that came after $made, and its own do not open it: $(error)" \
                "a newer backup; or seal it anew, in the new cluster: $repository/_shared/scripts/env/seal_env.sh $environment"
    done <"$work/sealed"
}

check() {
    say "$place: whole, of $made, $hours hours old; its keys open $(grep -c . "$work/sealed" || true) of Git's sealed secrets"
}

# --- The sealing keys ------------------------------------------------------------------------------------------------

expect_cluster() {
    command -v kubectl >/dev/null || need k3s "install kubectl, or run this on the server"
    cluster get --raw /version --request-timeout=10s >/dev/null 2>"$work/error" ||
        fail 1 cluster "it does not answer: $(error)" "kubectl config current-context"
}

# A controller that runs already has made a key of its own, and reads the others when it starts.
keys() {
    expect_cluster
    if [ ! -f "$backup/sealing-keys.yaml" ]; then
        say "$place has no sealing keys: nothing to do"
        return
    fi
    if [ "$dry_run" = yes ]; then
        say "would apply $(grep -c ' tls.key: ' "$backup/sealing-keys.yaml") keys, and start $controller anew where it runs"
        return
    fi
    # On the server: an apply by the client would write them once more, into an annotation.
    cluster apply --server-side --force-conflicts -f "$backup/sealing-keys.yaml" >"$work/printed" 2>"$work/error" ||
        fail 1 "sealing keys" "$(error)" "kubectl auth can-i create secrets --all-namespaces"
    say "$(grep -c . "$work/printed") sealing keys are there"
    cluster get deployments --all-namespaces --field-selector "metadata.name=$controller" \
        -o go-template='{{range .items}}{{.metadata.namespace}}{{"\n"}}{{end}}' >"$work/controllers" 2>"$work/error" ||
        fail 1 "$controller" "$(error)" "kubectl auth can-i list deployments --all-namespaces"
    while read -r namespace; do
        { cluster -n "$namespace" rollout restart deployment "$controller" &&
            cluster -n "$namespace" rollout status deployment "$controller" --timeout="${timeout}s"; } \
            >"$work/printed" 2>"$work/error" </dev/null ||
            fail 1 "deployment $namespace/$controller" "it was not started anew: $(error)" \
                "kubectl -n $namespace rollout restart deployment $controller"
        say "started $namespace/$controller anew: it has read them"
    done <"$work/controllers"
}

# --- Claims and databases --------------------------------------------------------------------------------------------

# One line for each claim that a database has open: namespace, claim, pod.
# shellcheck disable=SC2016  # a Go template has variables of its own
find_mounted() {
    cluster get pods --all-namespaces -l "app=$database" -o go-template='
{{- range .items}}{{$pod := .metadata}}{{range .spec.volumes}}{{with .persistentVolumeClaim}}
{{- $pod.namespace}} {{.claimName}} {{$pod.name}}
{{end}}{{end}}{{end}}' >"$work/mounted" 2>"$work/error" || fail 1 pods "$(error)" "kubectl auth can-i list pods --all-namespaces"
}

# The names of this machine as a node, one a line. Nodes of one boot are containers of one machine: the host name tells
# which of them this is, where it is one of theirs.
find_node() {
    cluster get nodes -o go-template='
{{- range .items}}{{index .metadata.labels "kubernetes.io/hostname"}} {{.status.nodeInfo.bootID}}
{{end}}' >"$work/nodes" 2>"$work/error" || fail 1 nodes "$(error)" "kubectl auth can-i list nodes"
    grep -F " $(cat /proc/sys/kernel/random/boot_id 2>/dev/null)" "$work/nodes" | cut -d ' ' -f 1 >"$work/node" || true
    ! grep -qxF "$(uname -n)" "$work/node" || uname -n >"$work/node"
}

# The directory of a volume is only there, and the same path is another directory elsewhere.
expect_here() { # NAMESPACE CLAIM NODE
    [ "$3" = - ] || grep -qxF "$3" "$work/node" ||
        fail 1 "claim $1/$2" "it lies on node $3, and this is $(grep . "$work/node" || echo no node)" \
            "kubectl cordon $3; kubectl -n $1 delete pvc $2   # and its pods: where they start anew, a new volume comes"
}

# One line for each claim of the backup: namespace, claim, the directory that is its volume here.
# shellcheck disable=SC2016  # a Go template has variables of its own
find_claims() {
    cluster get persistentvolumes -o go-template='
{{- range .items}}{{if eq .status.phase "Bound"}}{{.spec.claimRef.namespace}} {{.spec.claimRef.name}} {{.metadata.creationTimestamp}} {{$node := "-"}}
{{- with .spec.nodeAffinity}}{{with .required}}{{range .nodeSelectorTerms}}{{range .matchExpressions}}
{{- if eq .key "kubernetes.io/hostname"}}{{range .values}}{{$node = .}}{{end}}{{end}}{{end}}{{end}}{{end}}{{end}}{{$node}}
{{- with .spec.hostPath}} {{.path}}{{end}}{{with .spec.local}} {{.path}}{{end}}
{{end}}{{end}}' >"$work/volumes" 2>"$work/error" || fail 1 persistentvolumes "$(error)" "kubectl auth can-i list persistentvolumes"
    : >"$work/claims"
    for files in "$backup"/claims/*.tar; do
        [ -f "$files" ] || continue
        claim=${files##*/} claim=${claim%.tar} namespace=${claim%%.*} claim=${claim#*.}
        created=$(awk -v n="$namespace" -v c="$claim" '$1 == n && $2 == c { print $3 }' "$work/volumes")
        node=$(awk -v n="$namespace" -v c="$claim" '$1 == n && $2 == c { print $4 }' "$work/volumes")
        # All that follows the node: a directory may have spaces in its name.
        directory=$(awk -v n="$namespace" -v c="$claim" \
            '$1 == n && $2 == c { sub(/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ /, ""); print }' "$work/volumes")
        [ -n "$created" ] ||
            fail 1 "claim $namespace/$claim" "it is not bound here; a volume comes with the first pod that uses it" \
                "kubectl apply -k $repository/k8s/overlays/$environment; kubectl -n $namespace get pvc,cronjobs"
        expect_new "claim $namespace/$claim" "$created"
        pod=$(awk -v n="$namespace" -v c="$claim" '$1 == n && $2 == c { print $3; exit }' "$work/mounted")
        [ -z "$pod" ] ||
            fail 1 "claim $namespace/$claim" "database $namespace/$pod has it open, and may not lose its files while it runs" \
                "kubectl -n $namespace scale statefulset ${pod%-*} --replicas=0   # this again, and then --replicas=1"
        expect_here "$namespace" "$claim" "$node"
        [ -n "$directory" ] && [ -d "$directory" ] ||
            fail 1 "claim $namespace/$claim" "${directory:-its storage} is no directory of this machine" \
                "run this on its node: kubectl -n $namespace get pvc $claim -o wide"
        echo "$namespace $claim $directory" >>"$work/claims"
    done
}

# One line for each database of the backup: namespace, pod.
find_databases() {
    : >"$work/databases"
    for dump in "$backup"/databases/*.sql; do
        [ -f "$dump" ] || continue
        pod=${dump##*/} pod=${pod%.sql} namespace=${pod%%.*} pod=${pod#*.}
        created=$(cluster -n "$namespace" get pod "$pod" -o jsonpath='{.metadata.creationTimestamp}' 2>"$work/error") ||
            fail 1 "database $namespace/$pod" "$(error)" "kubectl apply -k $repository/k8s/overlays/$environment"
        # A pod is as young as its last start; the data is in its claims.
        claims=$(awk -v n="$namespace" -v p="$pod" '$1 == n && $3 == p { print $2 }' "$work/mounted")
        for claim in $claims; do
            created=$(awk -v n="$namespace" -v c="$claim" '$1 == n && $2 == c { print $3 }' "$work/volumes")
            expect_new "database $namespace/$pod" "$created"
        done
        [ -n "$claims" ] || expect_new "database $namespace/$pod" "$created"
        in_database "$namespace" "$pod" 'exec pg_isready --quiet --timeout=10' >"$work/printed" 2>"$work/error" </dev/null ||
            fail 1 "database $namespace/$pod" "it does not answer" "kubectl -n $namespace wait --for=condition=Ready pod/$pod"
        echo "$namespace $pod" >>"$work/databases"
    done
}

expect_new() { # OBJECT CREATED
    [ "$replace" = yes ] || expr "$2" '>' "$made" >/dev/null ||
        fail 1 "$1" "it is of $2, and the backup of $made: this is no new cluster" "kubectl config current-context; or --replace"
}

in_database() { # NAMESPACE POD COMMAND
    cluster -n "$1" exec --stdin "$2" -- sh -c "$3"
}

# Pods that would not end with what is stopped.
# shellcheck disable=SC2016  # a Go template has variables of its own
expect_stoppable() { # NAMESPACE
    cluster -n "$1" get pods --selector="app!=$database" \
        --field-selector=status.phase!=Succeeded,status.phase!=Failed -o go-template='
{{- range .items}}{{$owner := ""}}{{range .metadata.ownerReferences}}{{$owner = .kind}}{{end}}
{{- if and (ne $owner "ReplicaSet") (ne $owner "StatefulSet")}}{{.metadata.name}}
{{end}}{{end}}' >"$work/pods" 2>"$work/error" </dev/null || fail 1 "pods of $1" "$(error)" "kubectl -n $1 auth can-i list pods"
    pod=$(head -n 1 "$work/pods")
    [ -z "$pod" ] || fail 1 "pod $1/$pod" "it is running, and neither a Deployment nor a StatefulSet stops it" \
        "kubectl -n $1 describe pod $pod   # and this again when it has ended"
}

# One line for what runs in these namespaces: namespace, kind, name, replicas or whether it is suspended, and the same
# from before where an earlier run has stopped it.
# shellcheck disable=SC2016  # a Go template has variables of its own
find_workloads() {
    cut -d ' ' -f 1 "$work/claims" "$work/databases" | sort -u >"$work/namespaces"
    : >"$work/workloads"
    while read -r namespace; do
        cluster -n "$namespace" get deployments,statefulsets,cronjobs -o go-template='
{{- range .items}}{{$state := .spec.suspend}}{{$app := ""}}
{{- with .spec.template}}{{with .metadata.labels}}{{$app = index . "app"}}{{end}}{{end}}
{{- if ne .kind "CronJob"}}{{$state = .spec.replicas}}{{end}}{{if ne (print $app) "'"$database"'"}}
{{- .metadata.namespace}} {{.kind}} {{.metadata.name}} {{$state}}{{with .metadata.annotations}}{{with index . "restore/before"}} {{.}}{{end}}{{end}}
{{end}}{{end}}' >>"$work/workloads" 2>"$work/error" </dev/null ||
            fail 1 "workloads of $namespace" "$(error)" "kubectl -n $namespace auth can-i list deployments"
        expect_stoppable "$namespace"
    done <"$work/namespaces"
}

set_state() { # NAMESPACE KIND NAME STATE ANNOTATION
    case $2 in CronJob) field=suspend ;; *) field=replicas ;; esac
    cluster -n "$1" patch "$2" "$3" --type=merge \
        --patch="{\"metadata\":{\"annotations\":{\"restore/before\":$5}},\"spec\":{\"$field\":$4}}" \
        >"$work/printed" 2>"$work/error" </dev/null || fail 1 "$2 $1/$3" "$(error)" "$again"
}

stop_workloads() {
    while read -r namespace kind name state before; do
        case $kind in CronJob) still=true ;; *) still=0 ;; esac
        set_state "$namespace" "$kind" "$name" "$still" "\"${before:-$state}\""
    done <"$work/workloads"
    while read -r namespace; do
        # Pods that have ended by themselves, of Jobs, stay and touch nothing.
        cluster -n "$namespace" wait --for=delete pod --selector="app!=$database" \
            --field-selector=status.phase!=Succeeded,status.phase!=Failed --timeout="${timeout}s" \
            >"$work/printed" 2>"$work/error" </dev/null || fail 1 "pods of $namespace" "they did not end: $(error)" "$again"
    done <"$work/namespaces"
}

start_workloads() {
    while read -r namespace kind name state before; do
        set_state "$namespace" "$kind" "$name" "${before:-$state}" null
    done <"$work/workloads"
    while read -r namespace kind name _; do
        [ "$kind" != CronJob ] || continue
        # One that is only slower than its own deadline may take all the time there is.
        cluster -n "$namespace" rollout status "$kind" "$name" --timeout="${timeout}s" >"$work/printed" 2>"$work/error" </dev/null ||
            cluster -n "$namespace" wait "$kind/$name" --for=condition=Available --timeout="${timeout}s" >"$work/printed" 2>"$work/error" </dev/null ||
            fail 1 "$kind $namespace/$name" "the data is there, and it does not come up: $(error)" "kubectl -n $namespace get pods"
    done <"$work/workloads"
}

restore_claims() {
    while read -r namespace claim directory; do
        # By their owners' numbers, also where the backup has names: those are other numbers here.
        { find "$directory" -mindepth 1 -delete && tar -C "$directory" --numeric-owner -xpf "$backup/claims/$namespace.$claim.tar"; } \
            2>"$work/error" </dev/null || fail 1 "claim $namespace/$claim" "$(error)" "df $directory; $again"
        say "claim $namespace/$claim: $(tar -tf "$backup/claims/$namespace.$claim.tar" | grep -vc '/$' || true) files"
    done <"$work/claims"
}

# What the new cluster has made of it goes first, roles included. The dump then makes all of it, but for the role that the
# server was made with and that this is done as.
restore_databases() {
    # shellcheck disable=SC2016  # the user is the server's own, and only the pod knows it
    psql='exec psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres'
    while read -r namespace pod; do
        in_database "$namespace" "$pod" "$psql" >"$work/owner" 2>"$work/error" <<'SQL' ||
SET client_min_messages = warning;
SELECT format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database
WHERE NOT datistemplate AND datname <> 'postgres' \gexec
SELECT format('DROP OWNED BY %1$I; DROP ROLE %1$I', rolname) FROM pg_roles
WHERE rolname <> current_user AND rolname NOT LIKE 'pg\_%' \gexec
SELECT quote_ident(current_user);
SQL
            fail 1 "database $namespace/$pod" "it cannot be emptied: $(error)" "$again"
        awk -v role="CREATE ROLE $(cat "$work/owner");" '/^-- Databases$/ { rest = 1 } rest || $0 != role' \
            "$backup/databases/$namespace.$pod.sql" |
            in_database "$namespace" "$pod" "$psql" >"$work/printed" 2>"$work/error" ||
            fail 1 "database $namespace/$pod" "its dump was refused: $(error)" "$again"
        restart_database "$namespace" "$pod"
        say "database $namespace/$pod: $(grep -c '^COPY ' "$backup/databases/$namespace.$pod.sql" || true) tables"
    done <"$work/databases"
}

# The passwords are those of the backup now; the server takes those of its Secret when it starts.
restart_database() { # NAMESPACE POD
    {
        cluster -n "$1" delete pod "$2" --timeout="${timeout}s" &&
            cluster -n "$1" wait --for=create "pod/$2" --timeout="${timeout}s" &&
            cluster -n "$1" wait --for=condition=Ready "pod/$2" --timeout="${timeout}s"
    } >"$work/printed" 2>"$work/error" </dev/null || fail 1 "database $1/$2" "it was not started anew: $(error)" "$again"
}

data() {
    need_root
    expect_cluster
    find_mounted
    find_node
    find_claims
    find_databases
    find_workloads
    again="this again: what is stopped stays so until it is done"
    if [ "$dry_run" = yes ]; then
        while read -r namespace kind name _; do say "would stop $kind $namespace/$name"; done <"$work/workloads"
        while read -r namespace claim directory; do say "would replace what lies in $directory, of claim $namespace/$claim"; done <"$work/claims"
        while read -r namespace pod; do say "would replace the databases of $namespace/$pod"; done <"$work/databases"
        return
    fi
    interrupted="interrupted: what runs in its namespaces stands still, and its data may be half restored"
    exec 3>&2 # a trap runs inside the function that it interrupts, whose errors go to a file
    trap 'fail 130 "$place" "$interrupted" "$again" 2>&3' INT
    trap 'fail 143 "$place" "$interrupted" "$again" 2>&3' HUP TERM
    trap 'fail 141 "$place" "$interrupted" "$again" 2>&3' PIPE
    stop_workloads
    restore_claims
    restore_databases
    start_workloads
    say "done: $(grep -c . "$work/claims" || true) claims and $(grep -c . "$work/databases" || true) databases are as of $made"
}

# --- All objects, on a k3s server ------------------------------------------------------------------------------------

# One that crashes is started again and again, and would be so in the middle of this.
expect_stopped() {
    need systemctl "by hand, of the unpacked backup: rc-service k3s stop; cp k3s-token $k3s_data/server/token; k3s server\
 --cluster-reset --cluster-reset-restore-path=etcd.db --token-file=$k3s_data/server/token; rc-service k3s start"
    state=$(systemctl show -p ActiveState --value k3s 2>"$work/error") || fail 1 k3s "$(error)" "systemctl status k3s"
    case $state in
        inactive | failed) ;;
        active) fail 1 k3s "it is running" "systemctl stop k3s" ;;
        *) fail 1 k3s "it is ${state:-in no known state}, and not stopped" "systemctl stop k3s" ;;
    esac
}

# Where the reset fails, the cluster that is still on the disk needs its own. What an earlier run kept is that one.
keep_token() {
    [ ! -f "$token" ] || [ -e "$token.before" ] || cp -p "$token" "$token.before"
}

objects() {
    need_root
    need k3s "install.sh of this directory"
    [ -f "$backup/k3s-token" ] || fail 1 "$place" "it is not of a k3s server: it has no k3s-token" "restore.sh keys $environment $place"
    expect_stopped
    if [ "$dry_run" = yes ]; then
        say "would run k3s server --cluster-reset with etcd.db, keep $k3s_data/server/token as of the backup, and start k3s"
        return
    fi
    token=$k3s_data/server/token
    { mkdir -p "$k3s_data/server" && keep_token && cp "$backup/k3s-token" "$token"; } 2>"$work/error" ||
        fail 1 "$token" "$(error)" "ls -ld $k3s_data/server"
    # From a file: as an argument the token would be seen by whoever lists processes.
    k3s server --cluster-reset --cluster-reset-restore-path="$backup/etcd.db" --token-file="$token" \
        >"$work/printed" 2>"$work/error" || {
        [ ! -f "$token.before" ] || mv "$token.before" "$token"
        # What k3s says first is its log; why it ended it says last.
        fail 1 "k3s server --cluster-reset" "$(tail -n 1 "$work/error")" "df $k3s_data; $0 $step $environment $place"
    }
    rm -f "$token.before"
    systemctl start k3s 2>"$work/error" || fail 1 k3s "$(error)" "journalctl -u k3s"
    say "every object is as of $made; next: sudo $0 --replace data $environment $place"
}

# Its lock says that this still runs: backup.sh removes what is left of one that was killed.
make_work() {
    need flock "apt-get install util-linux"
    [ -r "$place" ] || fail 1 "$place" "it cannot be read" "ls -l $place"
    case $place in
        *.age) [ -n "$identity" ] || fail 1 "$place" "it is encrypted" "$0 --identity FILE $step $environment $place" ;;
    esac
    work=$(mktemp -d "$(dirname -- "$place")/.restore.XXXXXX" 2>/dev/null) ||
        fail 1 "$(dirname -- "$place")" "it cannot be written to" "cp $place to where there is room, and name it there"
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
    trap 'exit 141' PIPE # else nothing would remove what is unpacked
    exec 9>"$work/lock"
    { flock -n 9 && [ -e "$work/lock" ]; } || fail 1 "$work" "another run that began now took it for one that is left" "this again"
    backup=$work/backup
    mkdir "$backup"
}

read_arguments "$@"
make_work
check_whole
unpack
check_age
check_keys
"$step"

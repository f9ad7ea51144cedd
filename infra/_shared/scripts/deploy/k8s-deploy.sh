#!/bin/sh
# Deploy an overlay: its migrations, then the apply, then every rollout seen through; go back by itself when one fails.
#
#   k8s-deploy.sh [--dry-run] [--timeout SECONDS] staging|production
#
#   --dry-run            show what would change (kubectl diff -k) and what would be waited for; change nothing
#   --timeout SECONDS    longest wait for one workload (600); a Deployment is given up at its progressDeadlineSeconds
#   --help               print this
#
# Shows the difference, brings the database up to date (../migrate/run-migration-job.sh), applies, waits until each
# Deployment and StatefulSet is rolled out, and asks every pod of the Deployments for its health. A migration that fails
# stops it before anything is applied; a first deployment makes the database first. What was migrated stays so: the release
# before can live with it, as ../../README.md has it, and no rollback has to wait for a table. When one of the others
# fails, or is interrupted (Ctrl-C), each workload whose pod template this run has changed goes back to the revision that
# it had before; what somebody else has changed since is left alone. The rest (ConfigMaps, Services, claims) stays as
# applied, and Git still names the bad release: revert the commit as well.
#
# Exit codes: 0 deployed; 1 not deployed: nothing changed, or gone back, or nothing to go back to; 2 wrong arguments;
# 3 not deployed, and not all of it went back, so that a person has to look; 130 and 143 interrupted, and gone back.
set -eu

scripts=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
repository=$(CDPATH='' cd -- "$scripts/../../.." && pwd)
environment=
dry_run=no
timeout=600
child=

say() {
    printf 'k8s-deploy.sh: %s\n' "$1" 2>/dev/null || true # nobody may be there who reads it
}

complain() { # OBJECT REASON NEXT_STEP
    printf 'k8s-deploy.sh: %s: %s; next: %s\n' "$1" "$2" "$3" >&2 || true
}

fail() { # OBJECT REASON NEXT_STEP
    complain "$@"
    exit 1
}

refuse_arguments() { # REASON
    complain arguments "$1" "k8s-deploy.sh --help"
    exit 2
}

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;;
            --dry-run) dry_run=yes ;;
            --timeout) timeout=${2:-}; [ $# -lt 2 ] || shift ;;
            -*) refuse_arguments "there is no option $1" ;;
            *)
                [ -z "$environment" ] || refuse_arguments "one environment at a time, not $environment and $1"
                environment=$1
                ;;
        esac
        shift
    done
    case $timeout in
        '' | 0* | *[!0-9]*) refuse_arguments "--timeout takes a number of seconds, not '$timeout'" ;;
    esac
    [ -n "$environment" ] || refuse_arguments "which environment, staging or production?"
    case $environment in */* | .*) refuse_arguments "there is no environment $environment" ;; esac
    overlay=$repository/k8s/overlays/$environment
    [ -f "$overlay/kustomization.yaml" ] ||
        refuse_arguments "there is no overlay $environment in $repository/k8s/overlays"
}

# error: the first line that the last program wrote to its standard error.
error() {
    grep -m 1 . "$state/error" || echo "no reason given"
}

# run COMMAND ARGUMENT...: so that a signal is heard at once, and not when the program has ended.
run() {
    "$@" &
    child=$!
    wait "$child"
}

check_cluster() {
    command -v kubectl >/dev/null ||
        fail kubectl "it is not on PATH" "install it (on a k3s server: ln -s k3s /usr/local/bin/kubectl)"
    context=$(kubectl config current-context 2>/dev/null) || context="(none)"
    kubectl get --raw /version --request-timeout=10s >/dev/null 2>"$state/error" </dev/null ||
        fail "context $context" "no cluster answers: $(error)" "kubectl config get-contexts"
}

# One line for each object of the overlay: kind, namespace (- for none), name.
render() {
    kubectl create -k "$overlay" --dry-run=client \
        -o go-template='{{.kind}} {{or .metadata.namespace "-"}} {{.metadata.name}}{{"\n"}}' \
        >"$state/objects" 2>"$state/error" ||
        fail "overlay $environment" "it cannot be built: $(error)" \
            "kubectl kustomize $overlay; values that are missing: $scripts/../env/setup_env_secure.sh $environment"
    # Deployments first: they have deadlines of their own, and a StatefulSet only the one that is given here.
    for kind in Deployment StatefulSet; do
        grep "^$kind " "$state/objects" || true
    done >"$state/workloads"
}

# Staging and production are clusters of their own, and the one is never deployed over the other.
check_environment() {
    grep '^Namespace ' "$state/objects" >"$state/namespaces" || true
    new_namespaces=
    while read -r _ _ namespace; do
        label=$(kubectl get namespace "$namespace" --ignore-not-found \
            -o jsonpath='{.metadata.name}={.metadata.labels.environment}' 2>"$state/error") ||
            fail "namespace $namespace" "$(error)" "kubectl auth can-i --list"
        case $label in
            "$namespace=" | "$namespace=$environment") ;;
            '') new_namespaces="$new_namespaces $namespace" ;;
            *) fail "namespace $namespace" "context $context is a cluster of ${label#*=}, not of $environment" \
                "kubectl config get-contexts" ;;
        esac
    done <"$state/namespaces"
}

note_uncommitted() {
    changes=$(git -C "$repository" status --porcelain -- . 2>/dev/null) || return 0
    [ -z "$changes" ] || say "note: not all of $repository is committed, so that Git does not say what will run"
}

# The namespace of the database of all, where the overlay has it: what has a server of its own is migrated by its own image.
find_database() {
    database=$(sed -n 's/^StatefulSet \(prj-01\) postgresql$/\1/p' "$state/workloads")
}

# database_is new|there
database_is() {
    [ -n "$database" ] || return 1
    if grep -q "^StatefulSet $database postgresql -\$" "$state/before"; then [ "$1" = new ]; else [ "$1" = there ]; fi
}

migrate() {
    say "the migrations"
    run "$scripts/../migrate/run-migration-job.sh" "$database" "$timeout"
}

migrate_first() {
    database_is there || return 0
    migrate || fail "$environment" "its migrations have not run, as said above, and nothing was applied" \
        "$scripts/../migrate/run-migration-job.sh $database"
}

# A database that this run has made: whatever needs its tables waits for them, not ready.
migrate_new() {
    database_is new || return 0
    reason="the migrations have not run"
    look="$scripts/../migrate/run-migration-job.sh $database"
    run kubectl -n "$database" rollout status statefulset/postgresql --timeout="${timeout}s" && migrate
}

# Its Job goes, too.
stop_migrating() { # CODE
    trap '' HUP INT TERM
    kill "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
    exit "$1"
}

# What the server would refuse (schema, admission) it refuses here, while nothing is changed yet.
show_difference() {
    if [ -n "$new_namespaces" ]; then
        say "not there yet, so that nothing in them can be compared:$new_namespaces"
        sed 's/^/+ /' "$state/objects"
        return
    fi
    code=0
    kubectl diff -k "$overlay" 2>"$state/error" || code=$?
    [ "$code" -le 1 ] || fail "overlay $environment" "refused, and nothing was changed: $(error)" \
        "kubectl apply -k $overlay --dry-run=server"
    [ "$code" -eq 1 ] || say "no difference"
}

# revision KIND NAMESPACE NAME: the revision of the pod template that it asks for; - where there is none.
revision() {
    case $1 in
        Deployment) field='{.metadata.annotations.deployment\.kubernetes\.io/revision}' ;;
        StatefulSet) field='{.status.updateRevision}' ;;
    esac
    number=$(kubectl -n "$2" get "$1" "$3" --ignore-not-found -o jsonpath="$field" 2>"$state/error") || return
    echo "${number:--}"
}

record_before() {
    while read -r kind namespace name; do
        before=$(revision "$kind" "$namespace" "$name") ||
            fail "$kind $namespace/$name" "$(error)" "kubectl -n $namespace auth can-i --list"
        echo "$kind $namespace $name $before"
    done <"$state/workloads" >"$state/before"
}

# What came of the apply: only what still has this revision when it fails is taken back.
record_after() {
    while read -r kind namespace name before; do
        generation=$(kubectl -n "$namespace" get "$kind" "$name" --ignore-not-found \
            -o jsonpath='{.metadata.generation}' 2>/dev/null) || true
        [ -z "$generation" ] || kubectl -n "$namespace" wait "$kind/$name" --timeout=30s \
            --for=jsonpath='{.status.observedGeneration}'="$generation" >/dev/null 2>&1 || true
        after=$(revision "$kind" "$namespace" "$name") || after=-
        echo "$kind $namespace $name $before $after"
    done <"$state/before" >"$state/recorded"
    mv "$state/recorded" "$state/after"
}

apply() {
    say "applying"
    run kubectl apply -k "$overlay" || { reason="it was not applied as a whole, see above"; return 1; }
}

see_through() {
    while read -r kind namespace name before _; do
        run kubectl -n "$namespace" rollout status "$kind/$name" --timeout="${timeout}s" || {
            reason="$kind $namespace/$name was not rolled out"
            look="kubectl -n $namespace get events --sort-by=.lastTimestamp"
            kubectl -n "$namespace" get pods >&2 || true
            return 1
        }
    done <"$state/after"
    while read -r kind namespace name before _; do
        [ "$kind" = Deployment ] || continue
        run "$scripts/check_health.sh" "$namespace" "$name" "$timeout" || {
            reason="Deployment $namespace/$name is not healthy"
            look="kubectl -n $namespace logs deployment/$name"
            return 1
        }
    done <"$state/after"
}

# take_back KIND NAMESPACE NAME BEFORE AFTER
take_back() {
    number=$4
    [ "$1" = Deployment ] ||
        number=$(kubectl -n "$2" get controllerrevision "$4" -o jsonpath='{.revision}') || return
    kubectl -n "$2" rollout undo "$1/$3" --to-revision="$number" >/dev/null || return
    [ "$1" = StatefulSet ] || return 0
    # It waits for a pod that will never be Ready before it replaces it.
    kubectl -n "$2" get pods -l "controller-revision-hash=$5" \
        -o jsonpath='{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}' |
        sed -n 's/ *False$//p' | while read -r pod; do kubectl -n "$2" delete pod "$pod" --wait=false >/dev/null; done
}

# Back to the revisions that were there before, of what this run has changed and nobody else since.
go_back() {
    back='' new='' astray=''
    while read -r kind namespace name before after; do
        [ "$after" != "$before" ] || continue
        workload="$kind $namespace/$name"
        now=$(revision "$kind" "$namespace" "$name") || now="unknown: $(error)"
        if [ "$before" = - ]; then
            new="$new, $workload"
        elif [ "$now" != "$after" ]; then
            say "$workload: changed by somebody else since (revision $now, not $after), and left alone"
            astray="$astray, $workload"
        elif take_back "$kind" "$namespace" "$name" "$before" "$after"; then
            back="$back, $workload"
            echo "$kind $namespace $name" >>"$state/undone"
        else
            astray="$astray, $workload"
        fi
    done <"$state/after"
    [ -f "$state/undone" ] || return 0
    while read -r kind namespace name; do
        kubectl -n "$namespace" rollout status "$kind/$name" --timeout="${timeout}s" >/dev/null && continue
        say "$kind $namespace/$name: at the revision that it had before, where it is not rolled out either"
        astray="$astray, $kind $namespace/$name"
    done <"$state/undone"
}

# give_up CODE: take back what was changed, say what became of it, and end.
give_up() {
    # Going back is not left half done.
    trap '' HUP INT TERM
    kill "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
    [ -f "$state/after" ] || record_after
    say "$environment: $reason; going back"
    go_back
    [ -z "$new" ] || say "made by this run, so that there is nothing to go back to: ${new#, }"
    revert="git -C $repository revert --no-edit HEAD && $0 $environment"
    if [ -n "$astray" ]; then
        complain "$environment" "$reason, and not all is back as it was: ${astray#, }" \
            "kubectl -n NAMESPACE rollout history KIND/NAME"
        exit 3
    elif [ -n "$back" ]; then
        complain "$environment" "$reason; gone back to what ran before: ${back#, }; Git still says otherwise" "$revert"
    elif [ -n "$new" ]; then
        complain "$environment" "$reason; a first deployment, with nothing to go back to" "$look"
    else
        complain "$environment" "$reason; no pod template was changed, so there is nothing to go back to" "$look"
    fi
    exit "$1"
}

read_arguments "$@"
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM

check_cluster
render
check_environment
find_database
note_uncommitted
say "$environment, to the cluster of context $context"
show_difference
if [ "$dry_run" = yes ]; then
    say "dry run, nothing was changed; it would apply this and wait for:"
    [ -z "$database" ] || echo "  $scripts/../migrate/run-migration-job.sh $database"
    sed 's/^/  /' "$state/workloads"
    exit 0
fi

record_before
# Whoever reads this through a pipe may go away: that is no reason to stop halfway.
trap '' PIPE
trap 'stop_migrating 130' INT
trap 'stop_migrating 143' HUP TERM
migrate_first
look="kubectl get events --all-namespaces --sort-by=.lastTimestamp"
trap 'reason=interrupted; give_up 130' INT
trap 'reason=interrupted; give_up 143' HUP TERM
if ! { apply && record_after && migrate_new && see_through; }; then
    give_up 1
fi
say "$environment: deployed, every workload rolled out, every pod healthy"

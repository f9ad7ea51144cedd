#!/bin/sh
# Deploy an application's chart to one environment, and go back by itself where that fails.
#
#   helm-deploy.sh [--dry-run] [--adopt] APP staging|production [TAG]
#
#   APP          a chart below helm/apps/, and the namespace it is deployed to
#   TAG          the image's tag, vX.Y.Z or sha-<commit>; without it, the one in the environment's values file
#   --dry-run    check arguments and values, and only print what would be done; needs no cluster
#   --adopt      take over what kubectl applied before: Helm touches nothing that is not its own otherwise
#
# SECONDS_TO_READY   how long a release may take (120)
#
# A release that does not become Ready, or does not pass the chart's test, is undone, and the one before serves on; of a
# first one that adopts, the Deployment goes back to the pods that kubectl applied. A first one stays if its test fails.
# Exit code: 0 the release serves; 1 it does not, and the last line says what does; 2 wrong arguments; 130 interrupted,
# and undone.
set -eu

name=helm-deploy.sh
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd)
seconds=${SECONDS_TO_READY:-120}
usage="usage: $name [--dry-run] [--adopt] APP staging|production [TAG]"

# die CODE OBJECT REASON [NEXT]
die() {
    echo "$name: $2: $3${4:+; next: $4}" >&2
    exit "$1"
}

# show COMMAND ARGUMENT...: print it so that it can be pasted.
show() {
    printf '+'
    for word in "$@"; do
        case $word in
            *[!A-Za-z0-9_./:=+,-]*) printf " '%s'" "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
}

# last_line TEXT: what a program says last is why it failed.
last_line() {
    printf '%s\n' "$1" | sed '/^ *$/d' | tail -n 1
}

dry_run=no
adopt=no
app=
environment=
tag=
count=0
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) sed -n '2,/^set -eu/{/^set -eu/d;s/^# \{0,1\}//p;}' "$0"; exit 0 ;;
        --dry-run) dry_run=yes ;;
        --adopt) adopt=yes ;;
        -*) die 2 "$1" "there is no such option" "$name --help" ;;
        *)
            count=$((count + 1))
            case $count in 1) app=$1 ;; 2) environment=$1 ;; *) tag=$1 ;; esac
            ;;
    esac
    shift
done
case $count in 2 | 3) ;; *) die 2 "arguments" "$count instead of two or three" "$usage" ;; esac

chart=$root/helm/apps/$app
case $app in */* | .*) die 2 "$app" "is no name of a chart" "ls $root/helm/apps" ;; esac
[ -f "$chart/Chart.yaml" ] || die 2 "$app" "there is no chart of that name" "ls $root/helm/apps"
case $environment in
    staging) values=$chart/values-staging.yaml ;;
    production) values=$chart/values-prod.yaml ;;
    *) die 2 "$environment" "is neither staging nor production" "$usage" ;;
esac
[ -f "$values" ] || die 2 "$values" "there is no such file" "ls $chart"
case $seconds in '' | 0* | *[!0-9]*) die 2 "SECONDS_TO_READY" "is no number of seconds: $seconds" "$usage" ;; esac
for program in helm kubectl; do
    command -v "$program" >/dev/null || die 1 "$program" "is not on PATH" "lab prepare"
done

set -- --namespace "$app" --values "$values"
[ -z "$tag" ] || set -- "$@" --set-literal "image.tag=$tag"

# What the schema refuses, it refuses here: no cluster has been asked yet.
rendered=$(helm template "$app" "$chart" "$@" 2>&1) || {
    reasons=$(printf '%s\n' "$rendered" | sed -n 's/^- //p' | paste -s -d ';' -)
    die 2 "values of $app for $environment" "${reasons:-$(last_line "$rendered")}" "see $chart/values.schema.json"
}

set -- "$@" --timeout "${seconds}s" --wait --history-max 10
[ "$adopt" = no ] || set -- "$@" --take-ownership --force-conflicts

if [ "$dry_run" = yes ]; then
    [ "$adopt" = yes ] || set -- "$@" --rollback-on-failure
    show helm upgrade --install "$app" "$chart" "$@"
    show helm test "$app" --namespace "$app" --logs --timeout "${seconds}s"
    exit 0
fi

answer=$(kubectl get --raw /readyz --request-timeout=10s 2>&1 </dev/null) ||
    die 1 "cluster" "does not answer: $(last_line "$answer")" "kubectl config get-contexts"

# exists KIND/NAME: whether it is in the namespace; no right to look is an error of its own.
exists() {
    answer=$(kubectl --namespace "$app" get "$1" --output name --ignore-not-found 2>&1) ||
        die 1 "$1" "$(last_line "$answer")" "kubectl --namespace $app auth can-i --list"
    [ -n "$answer" ]
}

exists "namespace/$app" ||
    die 1 "namespace/$app" "is not there" "kubectl apply -f $root/k8s/base/namespaces/$app.yaml"
# Helm keeps its records in Secrets, and waits by watching.
for right in "create secrets" "update secrets" "patch deployments.apps" "patch configmaps" "watch pods"; do
    # shellcheck disable=SC2086 # two words
    [ "$(kubectl --namespace "$app" auth can-i $right 2>/dev/null)" = yes ] ||
        die 1 "namespace/$app" "you may not $right there" "kubectl --namespace $app auth can-i --list"
done
for secret in "$app-secrets" ghcr-secret; do
    exists "secret/$secret" || die 1 "secret/$secret" "is not in namespace $app, and no chart makes it" \
        "First deployment, in $root/README.md"
done

# history: a line for each revision of the release, its number and its state; nothing where there is none.
history() {
    helm history "$app" --namespace "$app" 2>/dev/null | awk -F '\t' 'NR > 1 { gsub(/ /, ""); print $1, $3 }'
}

# deployed: the number of the revision that serves, or served last; nothing where none ever did.
deployed() {
    history | awk '$2 == "deployed" || $2 == "superseded" { revision = $1 } END { print revision }'
}

before=$(deployed)
case $(history | awk 'END { print $2 }') in
    pending-install) die 1 "release/$app" "its installation was interrupted" "helm --namespace $app uninstall $app" ;;
    pending-*) die 1 "release/$app" "an upgrade or rollback was interrupted, or is still running elsewhere" \
        "helm --namespace $app rollback $app $before --wait" ;;
    "")
        if [ "$adopt" = no ] && exists "deployment/$app"; then
            die 1 "deployment/$app" "is there and not Helm's: kubectl applied it" "$name --adopt $app $environment"
        fi
        ;;
esac

# undone: what serves now that a release is not to.
undone() {
    if [ -n "$before" ]; then echo "what revision $before deployed serves"; else echo "there was none before, and nothing is left of it"; fi
}

# pod_revision: the number of the Deployment's pod template; nothing where there is no Deployment.
pod_revision() {
    kubectl --namespace "$app" get "deployment/$app" --ignore-not-found \
        --output 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}'
}

# restore_pods: those of before the adoption; of which Helm forgets its record, or it would go back to that one day. The
# controller numbers a template when it has seen it.
restore_pods() {
    generation=$(kubectl --namespace "$app" get "deployment/$app" --output 'jsonpath={.metadata.generation}') &&
        kubectl --namespace "$app" wait "deployment/$app" --timeout=30s \
            --for="jsonpath={.status.observedGeneration}=$generation" >/dev/null &&
        pods_now=$(pod_revision) || return
    [ "$pods_now" = "$pods_before" ] || {
        kubectl --namespace "$app" rollout undo "deployment/$app" --to-revision="$pods_before" &&
            kubectl --namespace "$app" rollout status "deployment/$app" --timeout="${seconds}s"
    } || return
    kubectl --namespace "$app" delete secret --selector="owner=helm,name=$app"
}

# go_back CODE REASON NEXT: from what was sent to what served before, and not half way.
go_back() {
    trap '' HUP INT TERM
    if [ -n "$before" ]; then
        force=
        [ "$adopt" = no ] || force=--force-conflicts
        helm rollback "$app" "$before" --namespace "$app" --wait --timeout "${seconds}s" ${force:+"$force"} ||
            die 1 "release/$app" "$2, and could not be rolled back" "helm --namespace $app history $app"
        die "$1" "release/$app" "$2 and was undone: $(undone)" "$3"
    elif [ -n "$pods_before" ]; then
        restore_pods ||
            die 1 "release/$app" "$2, and deployment/$app could not be rolled back" "kubectl --namespace $app describe deployment $app"
        [ "$pods_now" = "$pods_before" ] || die "$1" "release/$app" "$2; deployment/$app was rolled back" "$3"
        die "$1" "release/$app" "$2; the pods of deployment/$app are what they were" "$3"
    elif [ "$1" -eq 130 ] && [ "$adopt" = no ]; then
        helm uninstall "$app" --namespace "$app" --ignore-not-found --wait --timeout "${seconds}s" ||
            die 1 "release/$app" "$2, and could not be taken away" "helm --namespace $app uninstall $app"
        die 130 "release/$app" "$2 and undone: $(undone)"
    fi
    die 1 "release/$app" "$2, and there is none to go back to" "$3"
}

# hand_over: each field remembers who set it, and kubectl would own those of an adopted object beside Helm: the next
# upgrade would be refused, as a conflict.
hand_over() {
    manifest=$(helm get manifest "$app" --namespace "$app" 2>&1) || {
        [ "$interrupted" = no ] || return 0
        die 1 "release/$app" "is deployed, and Helm cannot say as what: $(last_line "$manifest")" "$name --adopt $app $environment"
    }
    answer=$(printf '%s\n' "$manifest" |
        kubectl apply --server-side --field-manager=helm --force-conflicts --filename=- 2>&1) || {
        [ "$interrupted" = no ] || return 0
        die 1 "release/$app" "is deployed, and kubectl still owns a part of it: $(last_line "$answer")" \
            "$name --adopt $app $environment"
    }
}

pods_before=
[ "$adopt" = no ] || ! exists "deployment/$app" || pods_before=$(pod_revision)
events="kubectl --namespace $app get events --sort-by=.lastTimestamp"
interrupted=no
trap 'interrupted=yes' INT TERM
trap '' HUP # helm would die of it half way: where a terminal is closed, this goes on to its end

if [ "$adopt" = no ]; then
    # Of a first release this means: take away what it made. Of one that adopts, that would be the application.
    helm upgrade --install "$app" "$chart" "$@" --rollback-on-failure || {
        [ "$(history | awk 'END { print $2 }')" = "${before:+deployed}" ] ||
            die 1 "release/$app" "failed or interrupted, and was not undone" "helm --namespace $app history $app"
        [ "$interrupted" = no ] || die 130 "release/$app" "interrupted and undone: $(undone)"
        die 1 "release/$app" "failed and undone: $(undone)" "$events"
    }
else
    helm upgrade --install "$app" "$chart" "$@" || {
        [ "$interrupted" = no ] || go_back 130 interrupted "$name --adopt $app $environment"
        go_back 1 failed "$events"
    }
    hand_over
fi
[ "$interrupted" = no ] || go_back 130 "interrupted before its test" "$name $app $environment"

helm test "$app" --namespace "$app" --logs --timeout "${seconds}s" || {
    [ "$interrupted" = no ] || go_back 130 "interrupted during its test" "$name $app $environment"
    go_back 1 "does not pass its test" "kubectl --namespace $app logs $app-answers"
}
echo "$name: release/$app: revision $(deployed) serves in namespace $app"

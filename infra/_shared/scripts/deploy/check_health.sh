#!/bin/sh
# Is a Deployment rolled out, and does every one of its pods answer /health? Exit 0 if so.
#
#   check_health.sh [NAMESPACE [DEPLOYMENT [SECONDS]]]      (prj-02, as the namespace, 120)
#   check_health.sh --help
#
# Each pod is asked through the API server, one by one: through the Service a sick pod hides behind a healthy one.
# The pods are those that the Deployment selects, and the port is the one that it calls http.
set -eu

fail() { # CODE OBJECT REASON NEXT_STEP
    printf 'check_health.sh: %s: %s; next: %s\n' "$2" "$3" "$4" >&2
    exit "$1"
}

for argument in "$@"; do
    case $argument in
        --help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;;
        -*) fail 2 arguments "there is no option $argument" "check_health.sh --help" ;;
    esac
done
[ $# -le 3 ] || fail 2 arguments "at most three" "check_health.sh --help"
namespace=${1:-prj-02}
deployment=${2:-$namespace}
seconds=${3:-120}
case $seconds in
    '' | 0* | *[!0-9]*) fail 2 arguments "'$seconds' is not a number of seconds" "check_health.sh --help" ;;
esac
command -v kubectl >/dev/null ||
    fail 1 kubectl "it is not on PATH" "install it (on a k3s server: ln -s k3s /usr/local/bin/kubectl)"

answer=$(kubectl get --raw /version --request-timeout=10s 2>&1 </dev/null) ||
    fail 1 cluster "it does not answer: $(echo "$answer" | tail -n 1)" "kubectl config get-contexts"

# shellcheck disable=SC2016  # a Go template has variables of its own
LABELS='{{range $key, $value := .spec.selector.matchLabels}},{{$key}}={{$value}}{{end}}'
PORTS='{{range .spec.template.spec.containers}}{{range .ports}}{{if eq (or .name "") "http"}}{{.containerPort}}
{{end}}{{end}}{{end}}'
STAYING='{{range .items}}{{if not .metadata.deletionTimestamp}}{{.metadata.name}}
{{end}}{{end}}'

# get TEMPLATE: what it says of the Deployment.
get() {
    kubectl -n "$namespace" get deployment "$deployment" --request-timeout=10s -o go-template="$1" 2>&1
}

selector=$(get "$LABELS") ||
    fail 1 "deployment $namespace/$deployment" "$(echo "$selector" | tail -n 1)" "kubectl get deployments --all-namespaces"
port=$(get "$PORTS" | head -n 1)
[ -n "$port" ] || fail 1 "deployment $namespace/$deployment" "none of its ports is called http" \
    "kubectl -n $namespace get deployment $deployment -o yaml"

kubectl -n "$namespace" rollout status "deployment/$deployment" --timeout="${seconds}s" ||
    fail 1 "deployment $namespace/$deployment" "not rolled out" "kubectl -n $namespace get pods,events"

pods=$(kubectl -n "$namespace" get pods -l "${selector#,}" --field-selector=status.phase=Running \
    -o go-template="$STAYING")
[ -n "$pods" ] || fail 1 "deployment $namespace/$deployment" "no running pod has the label ${selector#,}" \
    "kubectl -n $namespace get deployment,pods"

failed=
for pod in $pods; do
    if answer=$(kubectl get --raw "/api/v1/namespaces/$namespace/pods/$pod:$port/proxy/health" \
        --request-timeout=10s 2>&1); then
        echo "$pod: $answer"
    else
        echo "$pod: not healthy: $answer" >&2
        failed=$pod
    fi
done
[ -z "$failed" ] || fail 1 "deployment $namespace/$deployment" "not every pod is healthy" \
    "kubectl -n $namespace logs $failed"

#!/bin/sh
# Is a Deployment rolled out, and does every one of its pods answer /health? Exit 0 if so.
#
#   check_health.sh [NAMESPACE [DEPLOYMENT [SECONDS]]]      (prj-02, as the namespace, 120)
#
# Each pod is asked through the API server, one by one: through the Service a sick pod hides behind a healthy one.
set -eu

namespace=${1:-prj-02}
deployment=${2:-$namespace}
seconds=${3:-120}

kubectl -n "$namespace" rollout status "deployment/$deployment" --timeout="${seconds}s"

pods=$(kubectl -n "$namespace" get pods -l "app=$deployment" --field-selector=status.phase=Running \
    -o jsonpath='{range .items[?(!@.metadata.deletionTimestamp)]}{.metadata.name}{"\n"}{end}')
[ -n "$pods" ] || { echo "check_health.sh: no running pod has the label app=$deployment in $namespace" >&2; exit 1; }

failed=0
for pod in $pods; do
    if answer=$(kubectl get --raw "/api/v1/namespaces/$namespace/pods/$pod:8080/proxy/health" 2>&1); then
        echo "$pod: $answer"
    else
        echo "$pod: not healthy: $answer" >&2
        failed=1
    fi
done
exit $failed

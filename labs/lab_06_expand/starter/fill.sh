#!/bin/sh
# Print a Job that requests all CPU that is free on the node of prj-02 but for 25m, and then sleeps: room is short. The name of
# a PriorityClass as its argument gives it to the Job.
#
#   sh fill.sh [PRIORITYCLASS] | kubectl apply -f -
set -eu

millicores() {
    case $1 in
        *m) echo "${1%m}" ;;
        *) echo "$(($1 * 1000))" ;;
    esac
}

# What goes soon would leave room behind: pods that an autoscaler gives back, and pods on their way out.
settle() { # NODE
    least=$(kubectl -n prj-02 get hpa prj-02 --ignore-not-found -o jsonpath='{.spec.minReplicas}')
    [ -z "$least" ] ||
        kubectl -n prj-02 wait hpa/prj-02 --for=jsonpath='{.status.desiredReplicas}'="$least" --timeout=120s >&2
    kubectl get pods --all-namespaces --field-selector="spec.nodeName=$1" -o \
        jsonpath='{range .items[?(@.metadata.deletionTimestamp)]}{.metadata.namespace} {.metadata.name}{"\n"}{end}' |
        while read -r namespace pod; do
            kubectl -n "$namespace" wait "pod/$pod" --for=delete --timeout=60s >&2
        done
}

node=$(kubectl -n prj-02 get pods -l app=prj-02 -o jsonpath='{.items[*].spec.nodeName}')
node=${node%% *}
[ -z "$node" ] || settle "$node"
all=$(kubectl get node "${node:-none}" --ignore-not-found -o jsonpath='{.status.allocatable.cpu}')
taken=$(kubectl describe node "${node:-none}" 2>/dev/null | sed -n 's/^  cpu  *\([0-9][0-9]*m*\) .*/\1/p')
if [ -z "$node" ] || [ -z "$taken" ]; then
    echo "fill.sh: node of prj-02: cannot tell what is free there; next: kubectl -n prj-02 get pods -o wide" >&2
    exit 1
fi
free=$(($(millicores "$all") - $(millicores "$taken") - 25))

cat <<YAML
apiVersion: batch/v1
kind: Job
metadata:
  name: backfill
  namespace: lab-neighbour
spec:
  template:
    spec:
      restartPolicy: Never
      priorityClassName: "${1:-}"
      nodeSelector:
        kubernetes.io/hostname: $node
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 1
      imagePullSecrets:
        - name: ghcr-secret
      containers:
        - name: backfill
          image: ghcr.io/org/prj-02:v1.0.0
          args: [node, -e, "setTimeout(() => {}, 600000)"]
          resources:
            requests:
              cpu: ${free}m
              memory: 32Mi
            limits:
              cpu: ${free}m
              memory: 64Mi
YAML

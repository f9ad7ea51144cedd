#!/bin/sh
# What happens at night: one pod of prj-02 cannot read one customer's invoice, the customer tries again and again, and
# somebody replaces the pod before anybody has looked. What the customer says of it is in complaint.txt then.
#
#   sh incident.sh
set -eu

fail() { # OBJECT REASON NEXT_STEP
    echo "incident.sh: $1: $2; next: $3" >&2
    exit 1
}

[ -n "${LAB_INVOICE:-}" ] && [ -n "${LAB_FAULT:-}" ] ||
    fail LAB_INVOICE "is not set here" "run it in a cell, or in a terminal, of this notebook"
path=/cache/invoice-$LAB_INVOICE
pod=$(kubectl -n prj-02 get pods -l app=prj-02 --field-selector=status.phase=Running -o name | head -n 1)
[ -n "$pod" ] || fail deployment/prj-02 "has no pod that runs" "kubectl -n prj-02 get pods"
case $LAB_FAULT in
    directory) spoil='mkdir -p "$1"' ;;
    loop) spoil='ln -sfn "$1" "$1"' ;;
    *) spoil='rm -f "$1" && : > "$1" && chmod 000 "$1"' ;; # again, where it was interrupted
esac

began=$(date -u +%Y-%m-%dT%H:%M:%SZ)
kubectl -n prj-02 exec "$pod" -c web -- sh -c "$spoil" sh "/app$path.txt"
failures=0
requests=0
until [ "$failures" -eq 3 ]; do
    requests=$((requests + 1))
    [ "$requests" -le 300 ] || fail "$pod" "is not asked" "kubectl -n prj-02 get endpointslices"
    answer=$(kubectl get --raw "/api/v1/namespaces/prj-02/services/prj-02:http/proxy$path" 2>&1 || :)
    case $answer in *InternalError*) failures=$((failures + 1)) ;; esac # which is 500; the rest kubectl keeps to itself
done
kubectl -n prj-02 delete "$pod" >/dev/null
echo "Since $began I am told \"internal error\" when I open my invoice, GET $path, and a moment later there is none." |
    tee complaint.txt

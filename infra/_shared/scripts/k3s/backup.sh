#!/bin/sh
# Back up a cluster: its objects, the files of its claims, its databases, the keys of its sealed secrets. Read one back.
#
#   sudo ./backup.sh [--dry-run] [--recipient AGE] [--keep NUMBER] DIRECTORY
#   sudo ./backup.sh --verify BACKUP [--identity FILE]
#
#   --recipient AGE      encrypt it for this age public key (age1...); its private key should not be on this machine
#   --keep NUMBER        how many backups stay in DIRECTORY (7); older ones are deleted after the new one is there
#   --dry-run            print what would be in it, and write nothing
#   --verify BACKUP      read a backup back: every part of it is there, whole, and what it should be
#   --identity FILE      the age private key of an encrypted one
#   --help               print this
#
#   ETCDCTL_ENDPOINTS    where an etcd listens that is not k3s's own, with etcdctl's other variables
#
# Runs on the server, where etcd and the directories of the claims are. A backup is one file of mode 0600,
# DIRECTORY/k3s-TIME.tar or .tar.age, and holds
#   etcd.db              every object of the cluster, Secrets among them: a snapshot by `k3s etcd-snapshot` or etcdctl
#   k3s-token            of a k3s server, without which its snapshot opens nowhere else
#   claims/*.tar         the files of each claim, as they are at that moment
#   databases/*.sql      of each PostgreSQL that runs (pods with app=postgresql) its own dump, in place of its files
#   sealing-keys.yaml    the keys that open sealed secrets, where there are any
#   SHA256SUMS           of all these
# Whoever can read it can read every secret: encrypt it, and take it to another machine.
#
# Exit codes: 0 done; 1 not, and nothing is left of the attempt; 2 wrong arguments; 130 and 143 interrupted.
set -eu
umask 077

databases=app=postgresql
sealing_keys=sealedsecrets.bitnami.com/sealed-secrets-key
server_token=${K3S_DATA_DIR:-/var/lib/rancher/k3s}/server/token
mode=back_up
keep=7
recipient=
identity=
place=

fail() { # CODE OBJECT REASON NEXT_STEP
    printf 'backup.sh: %s: %s; next: %s\n' "$2" "$3" "$4" >&2
    exit "$1"
}

refuse_arguments() { # REASON
    fail 2 arguments "$1" "backup.sh --help"
}

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;;
            --dry-run) mode=list ;;
            --verify) mode=verify ;;
            --recipient | --keep | --identity)
                [ -n "${2:-}" ] || refuse_arguments "$1 takes a value"
                case $1 in
                    --recipient) recipient=$2 ;;
                    --keep) keep=$2 ;;
                    --identity) identity=$2 ;;
                esac
                shift
                ;;
            -*) refuse_arguments "there is no option $1" ;;
            *)
                [ -z "$place" ] || refuse_arguments "one place, not $place and $1"
                place=$1
                ;;
        esac
        shift
    done
    [ -n "$place" ] || refuse_arguments "where to, or which backup?"
    case $keep in '' | 0* | *[!0-9]*) refuse_arguments "--keep takes a number from 1 on, not '$keep'" ;; esac
    case $recipient in '' | age1*) ;; *) refuse_arguments "--recipient takes an age public key, age1..." ;; esac
}

need() { # PROGRAM NEXT_STEP
    command -v "$1" >/dev/null || fail 1 "$1" "it is not on PATH" "$2"
}

error() {
    grep -m 1 . "$work/error" || echo "no reason given"
}

cluster() { # ARGUMENT...: kubectl, or k3s's own
    if command -v kubectl >/dev/null; then kubectl "$@"; else k3s kubectl "$@"; fi
}

check_machine() {
    if [ -n "${ETCDCTL_ENDPOINTS:-}" ]; then
        need etcdctl "install etcdctl of the etcd that runs"
    else
        command -v k3s >/dev/null || fail 1 etcd "there is no k3s here, and no ETCDCTL_ENDPOINTS" "run this on the server"
        [ "$(id -u)" -eq 0 ] || fail 1 "this account" "it is not root" "sudo $0 ..."
    fi
    command -v kubectl >/dev/null || need k3s "install kubectl, or run this on the server"
    [ -z "$recipient" ] || need age "apt-get install age"
    cluster get --raw /version --request-timeout=10s >/dev/null 2>"$work/error" ||
        fail 1 cluster "it does not answer: $(error)" "kubectl config current-context"
}

# One line for each database that runs: namespace, pod; and for each claim of theirs: namespace, claim. One that does not
# run cannot be dumped, and it may start while its files are read.
# shellcheck disable=SC2016  # a Go template has variables of its own
find_databases() {
    cluster get pods --all-namespaces -l "$databases" -o go-template='
{{- range .items}}{{.metadata.namespace}} {{.metadata.name}} {{.status.phase}}
{{- range .spec.volumes}}{{with .persistentVolumeClaim}} {{.claimName}}{{end}}{{end}}
{{end}}' >"$work/pods" 2>"$work/error" || fail 1 pods "$(error)" "kubectl auth can-i list pods --all-namespaces"
    : >"$work/databases"
    : >"$work/dumped"
    while read -r namespace pod phase claims; do
        if [ "$phase" != Running ]; then
            [ -z "$claims" ] ||
                fail 1 "database $namespace/$pod" "it is $phase, and only one that runs can be dumped" "kubectl -n $namespace describe pod $pod"
            continue
        fi
        echo "$namespace $pod" >>"$work/databases"
        for claim in $claims; do echo "$namespace $claim" >>"$work/dumped"; done
    done <"$work/pods"
}

# A claim that is deleted while it is looked for takes its directory along.
was_deleted() { # NAMESPACE CLAIM
    cluster -n "$1" get persistentvolumeclaim "$2" --ignore-not-found -o name >"$work/claim" 2>&1 </dev/null || return 1
    [ ! -s "$work/claim" ] || return 1
    echo "backup.sh: note: claim $1/$2 was deleted meanwhile"
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
            "run this on node $3; or delete its volume, where nobody needs it any more: kubectl get persistentvolumes"
}

# One line for each claim whose files are to be kept: namespace, claim, directory. A volume whose claim is gone counts
# where it is retained and the claim has no other by now; where it is not retained, it is about to go.
# shellcheck disable=SC2016  # a Go template has variables of its own
find_claims() {
    cluster get persistentvolumes -o go-template='
{{- range .items}}{{if .spec.claimRef}}{{if or (eq .status.phase "Bound") (eq .spec.persistentVolumeReclaimPolicy "Retain")}}
{{- .spec.claimRef.namespace}} {{.spec.claimRef.name}} {{.status.phase}} {{$node := "-"}}
{{- with .spec.nodeAffinity}}{{with .required}}{{range .nodeSelectorTerms}}{{range .matchExpressions}}
{{- if eq .key "kubernetes.io/hostname"}}{{range .values}}{{$node = .}}{{end}}{{end}}{{end}}{{end}}{{end}}{{end}}{{$node}}
{{- with .spec.hostPath}} {{.path}}{{end}}{{with .spec.local}} {{.path}}{{end}}
{{end}}{{end}}{{end}}' >"$work/volumes" 2>"$work/error" || fail 1 persistentvolumes "$(error)" "kubectl auth can-i list persistentvolumes"
    awk '$3 == "Bound" { print $1, $2 }' "$work/volumes" >"$work/bound"
    : >"$work/claims"
    while read -r namespace claim phase node directory; do
        [ -n "$claim" ] || continue
        ! grep -qxF "$namespace $claim" "$work/dumped" || continue
        [ "$phase" = Bound ] || ! grep -qxF "$namespace $claim" "$work/bound" || continue
        expect_here "$namespace" "$claim" "$node"
        if [ ! -d "$directory" ]; then
            [ -z "$directory" ] || ! was_deleted "$namespace" "$claim" || continue
            fail 1 "claim $namespace/$claim" "${directory:-its storage} is no directory of this machine" \
                "run this on its node: kubectl -n $namespace get pvc $claim -o wide"
        fi
        echo "$namespace $claim $directory" >>"$work/claims"
    done <"$work/volumes"
    expect_one_directory_each
}

expect_one_directory_each() {
    sort -u -o "$work/claims" "$work/claims"
    twice=$(cut -d ' ' -f 1,2 "$work/claims" | uniq -d | head -n 1)
    [ -z "$twice" ] || fail 1 "claim ${twice% *}/${twice#* }" \
        "its volumes are $(grep -F "$twice " "$work/claims" | cut -d ' ' -f 3- | paste -sd ' ')" \
        "kubectl get persistentvolumes   # and delete those that nobody needs any more"
}

find_sealing_keys() {
    cluster get secrets --all-namespaces -l "$sealing_keys" -o name >"$work/keys" 2>"$work/error" ||
        fail 1 secrets "$(error)" "kubectl auth can-i list secrets --all-namespaces"
}

snapshot() {
    if [ -n "${ETCDCTL_ENDPOINTS:-}" ]; then
        etcdctl snapshot save "$backup/etcd.db" >"$work/printed" 2>"$work/error" ||
            fail 1 "etcd $ETCDCTL_ENDPOINTS" "$(error)" "etcdctl endpoint health"
        return
    fi
    mkdir "$work/k3s"
    k3s etcd-snapshot save --name backup --etcd-snapshot-dir "$work/k3s" >"$work/printed" 2>"$work/error" ||
        fail 1 "k3s etcd-snapshot" "$(error)" "k3s etcd-snapshot ls   # a server without --cluster-init has no etcd"
    mv "$work"/k3s/backup-* "$backup/etcd.db" 2>"$work/error" ||
        fail 1 "k3s etcd-snapshot" "no snapshot in the directory that was asked for: $(error)" "k3s etcd-snapshot ls"
    cp "$server_token" "$backup/k3s-token" 2>"$work/error" || fail 1 "$server_token" "$(error)" "ls -l $server_token"
}

is_whole() { # DUMP
    tail -n 5 "$1" | grep -q '^-- PostgreSQL database cluster dump complete'
}

dump_databases() {
    mkdir "$backup/databases"
    while read -r namespace pod _; do
        dump=$backup/databases/$namespace.$pod.sql
        # The user is the server's own, and only the pod knows it.
        # shellcheck disable=SC2016
        cluster -n "$namespace" exec "$pod" -- sh -c 'exec pg_dumpall --username="$POSTGRES_USER"' \
            >"$dump" 2>"$work/error" </dev/null ||
            fail 1 "database $namespace/$pod" "$(error)" "kubectl -n $namespace logs $pod"
        # Before an older backup goes: a connection that is cut can look like the end of the dump.
        is_whole "$dump" ||
            fail 1 "database $namespace/$pod" "its dump ends too soon" "this again; kubectl -n $namespace logs $pod"
    done <"$work/databases"
}

copy_claims() {
    mkdir "$backup/claims"
    while read -r namespace claim directory; do
        code=0
        # By their owners' numbers, which are the pods': a name is another number elsewhere.
        tar -C "$directory" --numeric-owner -cf "$backup/claims/$namespace.$claim.tar" . 2>"$work/error" || code=$?
        # 1: a file changed while it was read; the applications write on.
        if [ "$code" -gt 1 ] && was_deleted "$namespace" "$claim"; then
            rm "$backup/claims/$namespace.$claim.tar"
            continue
        fi
        [ "$code" -le 1 ] || fail 1 "claim $namespace/$claim" "$(error)" "ls -l $directory; df $place"
    done <"$work/claims"
}

copy_sealing_keys() {
    [ -s "$work/keys" ] || return 0
    cluster get secrets --all-namespaces -l "$sealing_keys" -o yaml >"$work/keys.yaml" 2>"$work/error" ||
        fail 1 "sealing keys" "$(error)" "kubectl auth can-i list secrets --all-namespaces"
    # Without what belongs to this one cluster: with it, a second apply would be refused.
    grep -vE '^ +(uid|resourceVersion): ' "$work/keys.yaml" >"$backup/sealing-keys.yaml"
}

pack() {
    (cd "$backup" && find . -type f -exec sha256sum {} +) >"$work/SHA256SUMS"
    mv "$work/SHA256SUMS" "$backup/"
    target=$place/k3s-$(date -u +%Y%m%dT%H%M%SZ).tar${recipient:+.age}
    [ ! -e "$target" ] || fail 1 "$target" "it is there already" "this again, in a second"
    tar -C "$backup" -cf "$work/packed" . 2>"$work/error" || fail 1 "$target" "$(error)" "df $place"
    if [ -n "$recipient" ]; then
        age --encrypt --recipient "$recipient" --output "$work/encrypted" "$work/packed" 2>"$work/error" ||
            fail 1 "$target" "$(error)" "age --version"
        mv "$work/encrypted" "$work/packed"
    fi
    mv "$work/packed" "$target"
}

# The cluster itself says when it was backed up last, to whoever asks it, and to an alert.
record() {
    cluster annotate namespace kube-system --overwrite "backup/last=${target##*/}" >"$work/printed" 2>"$work/error" ||
        echo "backup.sh: note: the cluster was not told of it: $(error)"
}

# The names sort by their time; what is called otherwise is nobody's to delete.
delete_old() {
    find "$place" -maxdepth 1 -type f \( -name 'k3s-[0-9]*Z.tar' -o -name 'k3s-[0-9]*Z.tar.age' \) |
        sort -r | tail -n "+$((keep + 1))" | while read -r old; do
        rm -f "$old"
        echo "backup.sh: deleted $old: more than $keep"
    done
}

list() {
    echo "backup.sh: it would be written to $place, ${recipient:+encrypted, }and hold"
    if [ -n "${ETCDCTL_ENDPOINTS:-}" ]; then echo "  etcd.db  by etcdctl, from $ETCDCTL_ENDPOINTS"; else echo "  etcd.db  by k3s etcd-snapshot"; fi
    while read -r namespace pod _; do echo "  database $namespace/$pod"; done <"$work/databases"
    while read -r namespace claim directory; do echo "  claim    $namespace/$claim, $(du -sh "$directory" | cut -f 1)"; done <"$work/claims"
    echo "  keys     $(grep -c . "$work/keys" || true) that open sealed secrets"
}

back_up() {
    snapshot
    dump_databases
    copy_claims
    copy_sealing_keys
    pack
    record
    echo "backup.sh: $target, $(du -h "$target" | cut -f 1): $(grep -c . "$work/databases" || true) databases," \
        "$(find "$backup/claims" -type f | grep -c . || true) claims, $(grep -c . "$work/keys" || true) sealing keys"
    [ -n "$recipient" ] || echo "backup.sh: note: it is not encrypted, and every secret of the cluster is in it"
    delete_old
}

# What is wrong with the arguments is said before any program is missed.
check_place() {
    [ -r "$place" ] || fail 1 "$place" "it cannot be read" "ls -l $place"
    case $place in
        *.age) [ -n "$identity" ] || fail 1 "$place" "it is encrypted" "$0 --verify $place --identity FILE" ;;
    esac
}

unpack() {
    need etcdutl "install etcdutl of the etcd that the backup is of"
    packed=$place
    case $place in
        *.age)
            need age "apt-get install age"
            packed=$work/packed
            age --decrypt --identity "$identity" --output "$packed" "$place" 2>"$work/error" ||
                fail 1 "$place" "$(error)" "the identity of the recipient that it was encrypted for"
            ;;
    esac
    tar -C "$backup" -xf "$packed" 2>"$work/error" || fail 1 "$place" "it cannot be unpacked: $(error)" "an older backup"
}

damaged() { # PART REASON
    fail 1 "$place" "$1: $2" "an older backup"
}

verify() {
    unpack
    [ -f "$backup/SHA256SUMS" ] || damaged SHA256SUMS "it is not there"
    (cd "$backup" && sha256sum --check --quiet SHA256SUMS) >"$work/error" 2>&1 || damaged "a part" "$(error)"
    etcdutl snapshot status "$backup/etcd.db" --write-out simple >"$work/status" 2>"$work/error" ||
        damaged etcd.db "$(error)"
    echo "etcd.db: hash, revision, keys, size: $(cat "$work/status")"
    for dump in "$backup"/databases/*.sql; do
        [ -f "$dump" ] || continue
        is_whole "$dump" || damaged "databases/${dump##*/}" "it ends too soon"
        echo "databases/${dump##*/}: $(grep -c '^COPY ' "$dump" || true) tables"
    done
    for files in "$backup"/claims/*.tar; do
        [ -f "$files" ] || continue
        tar -tf "$files" >"$work/listed" 2>"$work/error" || damaged "claims/${files##*/}" "$(error)"
        echo "claims/${files##*/}: $(grep -vc '/$' "$work/listed" || true) files"
    done
    [ ! -f "$backup/sealing-keys.yaml" ] || echo "sealing-keys.yaml: $(grep -c ' tls.key: ' "$backup/sealing-keys.yaml" || true) keys"
    echo "backup.sh: $place: whole"
}

# Of a killed backup or restore, whose traps did not run: what it had unpacked is not encrypted. One without a lock is
# somebody else's, or has just been made: nothing is unpacked before there is a lock.
remove_left() { # DIRECTORY
    find "$1" -mindepth 1 -maxdepth 1 -type d -user "$(id -u)" \( -name '.backup.??????' -o -name '.restore.??????' \) |
        while read -r left; do
            { flock -n 8 && rm -rf "$left"; } 2>/dev/null 8<"$left/lock" || true
        done
}

# make_work DIRECTORY: beside the backups, for it can be large; nothing of it stays. Its lock says that this still runs.
make_work() {
    [ -d "$1" ] || fail 1 "$1" "there is no such directory" "mkdir -m 0700 $1"
    need flock "apt-get install util-linux"
    remove_left "$1"
    work=$(mktemp -d "$1/.backup.XXXXXX" 2>/dev/null) || fail 1 "$1" "it cannot be written to" "ls -ld $1"
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
case $mode in
    verify)
        check_place
        make_work "$(dirname -- "$place")"
        ;;
    list) make_work "${TMPDIR:-/tmp}" ;;
    back_up) make_work "$place" ;;
esac
if [ "$mode" != verify ]; then
    check_machine
    find_databases
    find_node
    find_claims
    find_sealing_keys
fi
"$mode"

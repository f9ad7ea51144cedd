#!/bin/sh
# Make this machine a k3s server: the first node of a real cluster.
#
#   sudo ./install.sh             install and wait until the node is Ready
#   ./install.sh --dry-run        only print what would be done; needs no root
#   ./install.sh --help           print this
#
#   INSTALL_K3S_VERSION           the release; the default below is what this repository was written for
#   K3S_INSTALLER                 an installer that you have downloaded and read; without it, it is downloaded
#
# k3s publishes no digest for its installer, and it runs as root. To review it: download it with the command that
# --dry-run shows, compare it with install.sh at the tag of this release in the repository k3s-io/k3s, read it, and
# pass it as K3S_INSTALLER. The k3s binary itself the installer checks against the release's sha256sum file.
set -eu

version=${INSTALL_K3S_VERSION:-v1.37.0+k3s1}
installer=${K3S_INSTALLER:-}
installer_url=https://get.k3s.io
kubeconfig=/etc/rancher/k3s/k3s.yaml
# The architecture's root for data on the node; local-path makes a directory below it for every claim.
data_root=/data
ready_seconds=120

fail() { # CODE OBJECT REASON NEXT_STEP
    printf 'install.sh: %s: %s; next: %s\n' "$2" "$3" "$4" >&2
    exit "$1"
}

dry_run=no
[ $# -le 1 ] || fail 2 arguments "one at most" "install.sh --help"
case "${1:-}" in
    "") ;;
    --dry-run) dry_run=yes ;;
    --help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail 2 arguments "there is no $1" "install.sh --help" ;;
esac

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

# do_it COMMAND ARGUMENT...: show it, and run it unless this is a dry run.
do_it() {
    show "$@"
    [ "$dry_run" = yes ] || "$@"
}

check_machine() {
    [ "$(id -u)" -eq 0 ] || fail 1 "this account" "it is not root" "sudo $0"
    ! command -v k3s >/dev/null ||
        fail 1 "$(command -v k3s)" "k3s is already here" "k3s-uninstall.sh   # removes it with its data"
    [ -z "$installer" ] || [ -f "$installer" ] || fail 1 K3S_INSTALLER "there is no file $installer" "unset K3S_INSTALLER"
    command -v curl >/dev/null || fail 1 curl "it is not on PATH" "apt-get install curl"
    command -v systemctl >/dev/null || command -v rc-service >/dev/null ||
        fail 1 "this machine" "it has neither systemd nor OpenRC to run k3s as a service" "another machine"
}

download_installer() {
    installer=k3s-install.sh
    if [ "$dry_run" = no ]; then
        installer=$(mktemp)
        trap 'rm -f "$installer"' EXIT
        trap 'exit 130' INT
        trap 'exit 143' HUP TERM
    fi
    do_it curl -fsSL --proto '=https' -o "$installer" "$installer_url" ||
        fail 1 "$installer_url" "it could not be downloaded, see above" "sudo K3S_INSTALLER=FILE $0   # of another machine's download"
}

wait_until_ready() {
    for condition in create condition=Ready; do
        do_it k3s kubectl wait --for="$condition" --timeout="${ready_seconds}s" node --all ||
            fail 1 node "it is not Ready after $ready_seconds s, see above" "journalctl -u k3s"
    done
    do_it k3s kubectl get nodes,storageclass
}

[ "$dry_run" = yes ] || check_machine

do_it mkdir -p -m 0755 "$data_root"
[ -n "$installer" ] || download_installer
# Its database is an etcd, of which backup.sh takes a snapshot, and which further servers can join; Secrets lie
# encrypted in it. The kubeconfig is root's alone.
do_it env "INSTALL_K3S_VERSION=$version" "INSTALL_K3S_EXEC=server --cluster-init --secrets-encryption \
--write-kubeconfig-mode=0600 --default-local-storage-path=$data_root" sh "$installer" ||
    fail 1 "$installer" "it failed, see above" "journalctl -u k3s"
wait_until_ready
[ "$dry_run" = no ] || exit 0

cat <<NOTE

The cluster's administrator is whoever can read $kubeconfig.
  on this machine, as root:  export KUBECONFIG=$kubeconfig
  elsewhere: copy it to a private file (mode 0600) and put the server's address in place of 127.0.0.1
Next: the namespace, its pull secret, the first apply (README.md of this repository).
NOTE

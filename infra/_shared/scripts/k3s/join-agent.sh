#!/bin/sh
# Make this machine a further node of a k3s cluster: an agent, which runs pods and no control plane.
#
#   sudo ./join-agent.sh [--dry-run] [--token-file FILE] https://SERVER:6443
#   ssh SERVER sudo cat /var/lib/rancher/k3s/server/node-token | sudo ./join-agent.sh https://SERVER:6443
#
#   --dry-run            only print what would be done; needs no root, reads no token, asks no server
#   --token-file FILE    the server's token; without it, it is read from standard input
#   --help               print this
#
#   INSTALL_K3S_VERSION  the release, which is to be the server's; the default below is that of install.sh
#   K3S_INSTALLER        an installer that you have downloaded and read, as install.sh says
#
# The token opens the cluster to whoever has it. It goes from the file or standard input to the installer as a variable,
# never as an argument, which every account of this machine could read; the installer keeps it for root alone.
# It also holds the digest of the cluster's authority, by which the server is known before anything is installed.
#
# Exit codes: 0 joined and Ready; 1 not; 2 wrong arguments.
set -eu

version=${INSTALL_K3S_VERSION:-v1.37.0+k3s1}
installer=${K3S_INSTALLER:-}
installer_url=https://get.k3s.io
kubeconfig=/var/lib/rancher/k3s/agent/kubelet.kubeconfig
ready_seconds=120
dry_run=no
token_file=
server=

fail() { # CODE OBJECT REASON NEXT_STEP
    printf 'join-agent.sh: %s: %s; next: %s\n' "$2" "$3" "$4" >&2
    exit "$1"
}

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --help) sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"; exit 0 ;;
            --dry-run) dry_run=yes ;;
            --token-file)
                token_file=${2:-}
                [ -n "$token_file" ] || fail 2 arguments "--token-file takes a file" "join-agent.sh --help"
                shift
                ;;
            -*) fail 2 arguments "there is no option $1" "join-agent.sh --help" ;;
            https://*)
                [ -z "$server" ] || fail 2 arguments "one server, not $server and $1" "join-agent.sh --help"
                server=${1%/}
                ;;
            # Not shown: it may be the token.
            *) fail 2 arguments "a server is an address such as https://10.0.0.5:6443, and a token no argument" \
                "join-agent.sh --help" ;;
        esac
        shift
    done
    [ -n "$server" ] || fail 2 arguments "which server?" "join-agent.sh --help"
}

check_machine() {
    [ "$(id -u)" -eq 0 ] || fail 1 "this account" "it is not root" "sudo $0 $server"
    ! command -v k3s >/dev/null ||
        fail 1 "$(command -v k3s)" "k3s is already here" "k3s-agent-uninstall.sh   # removes it with its data"
    [ -z "$installer" ] || [ -f "$installer" ] || fail 1 "K3S_INSTALLER" "there is no file $installer" "unset K3S_INSTALLER"
    command -v curl >/dev/null || fail 1 curl "it is not on PATH" "apt-get install curl"
    command -v systemctl >/dev/null || command -v rc-service >/dev/null ||
        fail 1 "this machine" "it has neither systemd nor OpenRC to run k3s as a service" "another machine"
}

read_token() {
    if [ -n "$token_file" ]; then
        [ -r "$token_file" ] || fail 1 "$token_file" "it cannot be read" "ls -l $token_file"
        exec <"$token_file"
    elif [ -t 0 ]; then
        fail 1 token "neither --token-file nor anything on standard input" \
            "ssh SERVER sudo cat /var/lib/rancher/k3s/server/node-token | sudo $0 $server"
    fi
    read -r token || [ -n "$token" ] || fail 1 token "it is empty" "on the server: cat /var/lib/rancher/k3s/server/node-token"
    digest=$(printf '%s' "$token" | sed -n 's/^K10\([0-9a-f]\{64\}\)::.*/\1/p')
    [ -n "$digest" ] || fail 1 token "it does not begin with K10 and the digest of the cluster's authority" \
        "on the server: cat /var/lib/rancher/k3s/server/node-token"
}

# The server's own certificate proves nothing yet, so its authority is asked for without it, and known by its digest.
check_server() {
    curl -fsS --insecure --max-time 10 -o "$work/authority" "$server/cacerts" 2>"$work/error" ||
        fail 1 "$server" "it does not answer: $(head -n 1 "$work/error")" "on the server: systemctl status k3s"
    [ "$(sha256sum <"$work/authority" | cut -d ' ' -f 1)" = "$digest" ] ||
        fail 1 "$server" "it is not of the cluster that the token is for" "the token and the address of one and the same server"
}

# show COMMAND: what is done, without the token.
show() {
    printf '+ %s\n' "$*"
}

download_installer() {
    [ -z "$installer" ] || return 0
    installer=${work:-.}/k3s-install.sh
    show curl -fsSL --proto =https -o "$installer" "$installer_url"
    [ "$dry_run" = yes ] || curl -fsSL --proto '=https' -o "$installer" "$installer_url" ||
        fail 1 "$installer_url" "it could not be downloaded" "download it elsewhere, and: K3S_INSTALLER=FILE $0 $server"
}

join() {
    show "K3S_URL=$server K3S_TOKEN=(not shown) INSTALL_K3S_VERSION=$version INSTALL_K3S_EXEC=agent sh $installer"
    [ "$dry_run" = no ] || return 0
    K3S_URL=$server K3S_TOKEN=$token INSTALL_K3S_VERSION=$version INSTALL_K3S_EXEC=agent sh "$installer" ||
        fail 1 "$installer" "it failed, see above" "journalctl -u k3s-agent"
}

wait_until_ready() {
    node=$(hostname | tr '[:upper:]' '[:lower:]')
    set -- k3s kubectl --kubeconfig "$kubeconfig" wait "node/$node" --for=condition=Ready --timeout="${ready_seconds}s"
    show "$@"
    [ "$dry_run" = yes ] || "$@" || fail 1 "node $node" "it joined and is not Ready after $ready_seconds s" \
        "journalctl -u k3s-agent; on the server: kubectl describe node $node"
}

read_arguments "$@"
work=
if [ "$dry_run" = no ]; then
    check_machine
    read_token
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
    check_server
fi
download_installer
join
wait_until_ready
[ "$dry_run" = yes ] || echo "join-agent.sh: node $node has joined $server and is Ready"

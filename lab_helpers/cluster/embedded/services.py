"""The command lines of a node's programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lab_helpers.cluster.embedded.configuration import CONTAINERD_SOCKET
from lab_helpers.cluster.embedded.credentials import FRONT_PROXY
from lab_helpers.cluster.embedded.layout import API_PORT, POD_RANGE, SERVICE_RANGE, EmbeddedLayout, NodeLayout
from lab_helpers.cluster.embedded.node_root import ETCD_DIRECTORY
from lab_helpers.cluster.embedded.spec import NodeService

__all__ = ["PROGRAMS", "control_plane", "worker"]

PROGRAMS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "etcd",
    "containerd",
    "containerd-shim-runc-v2",
    "ctr",
)
"""What nodes run."""

# A socket for root alone: on the node's loopback it would be open to every pod with `hostNetwork`.
_ETCD = f"unix://{ETCD_DIRECTORY}/client"
_PEER_PORT = 2380  # the one address etcd takes no path for; it lets in who has its own authority's word


def control_plane(layout: EmbeddedLayout, node: NodeLayout, binaries: Mapping[str, Path]) -> list[NodeService]:
    """What a server runs beside the programs of every node."""
    return [
        _etcd(layout, node, binaries),
        _apiserver(layout, node, binaries),
        _controller_manager(layout, node, binaries),
        _scheduler(layout, binaries),
    ]


def worker(
    node: NodeLayout, binaries: Mapping[str, Path], *, runc: Path, archives: Sequence[Path]
) -> list[NodeService]:
    """What every node runs.

    Args:
        node: The node.
        binaries: The programs by name.
        runc: The low-level runtime.
        archives: The images to import before the first pod.
    """
    return [
        _containerd(node, binaries, runc),
        *_imports(binaries, archives),
        _kubelet(node, binaries),
        _kube_proxy(node, binaries),
    ]


def _etcd(layout: EmbeddedLayout, node: NodeLayout, binaries: Mapping[str, Path]) -> NodeService:
    pki = layout.pki
    argv = [
        str(binaries["etcd"]),
        f"--name={node.name}",
        "--data-dir=/var/lib/etcd",
        f"--listen-client-urls={_ETCD}",
        f"--advertise-client-urls={_ETCD}",
        f"--listen-peer-urls={_peer(layout, node)}",
        f"--initial-advertise-peer-urls={_peer(layout, node)}",
        # All that there will ever be: read when a member has no data yet, and ignored when it comes back with them.
        f"--initial-cluster={','.join(f'{each.name}={_peer(layout, each)}' for each in layout.server_nodes)}",
        f"--peer-cert-file={pki}/etcd-peer.crt",
        f"--peer-key-file={pki}/etcd-peer.key",
        f"--peer-trusted-ca-file={pki}/etcd-ca.crt",
        "--peer-client-cert-auth",
        "--unsafe-no-fsync",  # a lab's cluster may lose its last second to a power cut
        "--log-level=warn",
    ]
    return NodeService("etcd", argv)


def _peer(layout: EmbeddedLayout, node: NodeLayout) -> str:
    """Where a member of etcd hears its peers: on no network where it has none."""
    return f"https://{node.address if layout.has_several_servers else '127.0.0.1'}:{_PEER_PORT}"


def _apiserver(layout: EmbeddedLayout, node: NodeLayout, binaries: Mapping[str, Path]) -> NodeService:
    pki = layout.pki
    argv = [
        str(binaries["kube-apiserver"]),
        f"--advertise-address={node.address}",
        f"--bind-address={node.address}",
        f"--secure-port={API_PORT}",
        f"--etcd-servers={_ETCD}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        f"--client-ca-file={pki}/ca.crt",
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        f"--kubelet-client-certificate={pki}/apiserver-kubelet-client.crt",
        f"--kubelet-client-key={pki}/apiserver-kubelet-client.key",
        f"--kubelet-certificate-authority={pki}/ca.crt",
        # Else `exec` and `logs` look the node's name up, which nothing resolves, and hang.
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={pki}/service-account.pub",
        f"--service-account-signing-key-file={pki}/service-account.key",
        *_aggregation(pki),
        "--profiling=false",
    ]
    return NodeService("kube-apiserver", argv)


def _aggregation(pki: Path) -> list[str]:
    """How it passes requests on to servers of further APIs, in the name of who asks."""
    return [
        f"--requestheader-client-ca-file={pki}/front-proxy-ca.crt",
        f"--requestheader-allowed-names={FRONT_PROXY}",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={pki}/front-proxy-client.crt",
        f"--proxy-client-key-file={pki}/front-proxy-client.key",
    ]


def _controller_manager(layout: EmbeddedLayout, node: NodeLayout, binaries: Mapping[str, Path]) -> NodeService:
    kubeconfig = layout.config / "controller-manager.kubeconfig"
    argv = [
        str(binaries["kube-controller-manager"]),
        f"--kubeconfig={kubeconfig}",
        # Who may read its metrics, the API server tells; it counts what nobody else does, such as Jobs that failed.
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--authentication-skip-lookup=true",  # tokens will do, no client certificates
        f"--bind-address={node.address}",
        _leader_election(layout),
        "--use-service-account-credentials=true",
        # It asks for some eighty accounts as it starts; at the default of 20 requests a second that takes 4 s.
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        "--horizontal-pod-autoscaler-sync-period=5s",  # instead of 15 s: somebody watches it scale
        f"--cluster-cidr={POD_RANGE}",
        # Instead of 50 s: kubelets here tell each second that they live, and somebody watches one that does not.
        "--node-monitor-grace-period=16s",
        "--node-monitor-period=2s",
        f"--root-ca-file={layout.pki}/ca.crt",
        f"--cluster-signing-cert-file={layout.pki}/ca.crt",
        f"--cluster-signing-key-file={layout.pki}/ca.key",
        f"--service-account-private-key-file={layout.pki}/service-account.key",
        "--profiling=false",
    ]
    return NodeService("kube-controller-manager", argv, after_api=True)


def _scheduler(layout: EmbeddedLayout, binaries: Mapping[str, Path]) -> NodeService:
    kubeconfig = layout.config / "scheduler.kubeconfig"
    argv = [
        str(binaries["kube-scheduler"]),
        f"--kubeconfig={kubeconfig}",
        "--authentication-skip-lookup=true",  # nobody asks it anything from outside its node
        "--bind-address=127.0.0.1",
        _leader_election(layout),
        "--profiling=false",
    ]
    return NodeService("kube-scheduler", argv, after_api=True)


def _leader_election(layout: EmbeddedLayout) -> str:
    # Where there is but one, it would only wait for its predecessor's lease to run out.
    return f"--leader-elect={'true' if layout.has_several_servers else 'false'}"


def _containerd(node: NodeLayout, binaries: Mapping[str, Path], runc: Path) -> NodeService:
    # containerd looks its shim up on PATH, the shim looks up runc, and the CNI plugins iptables.
    system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    path = f"{binaries['containerd-shim-runc-v2'].parent}:{runc.parent}:{system}"
    argv = [str(binaries["containerd"]), f"--config={node.directory}/etc/containerd.toml", "--log-level=warn"]
    return NodeService("containerd", argv, environment={"PATH": path})


def _imports(binaries: Mapping[str, Path], archives: Sequence[Path]) -> list[NodeService]:
    # `--local` unpacks in ctr itself, which takes half the processor time of the transfer service.
    ctr = [str(binaries["ctr"]), f"--address={CONTAINERD_SOCKET}", "--namespace=k8s.io", "images", "import", "--local"]
    return [NodeService(f"import-{archive.stem}", [*ctr, str(archive)], once=True) for archive in archives]


def _kubelet(node: NodeLayout, binaries: Mapping[str, Path]) -> NodeService:
    etc = node.directory / "etc"
    argv = [
        str(binaries["kubelet"]),
        f"--config={etc}/kubelet.yaml",
        f"--kubeconfig={etc}/kubelet.kubeconfig",
        f"--hostname-override={node.name}",
        f"--node-ip={node.address}",
        "--root-dir=/var/lib/kubelet",
    ]
    return NodeService("kubelet", argv)


def _kube_proxy(node: NodeLayout, binaries: Mapping[str, Path]) -> NodeService:
    return NodeService(
        "kube-proxy",
        [str(binaries["kube-proxy"]), f"--config={node.directory}/etc/kube-proxy.yaml"],
        after_api=True,
    )

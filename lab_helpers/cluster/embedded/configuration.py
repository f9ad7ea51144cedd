"""The configuration files of a node's programs: kubelet, kube-proxy, containerd, CNI, and the files under /etc."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from lab_helpers.cluster.embedded.layout import POD_RANGE, EmbeddedLayout, NodeLayout
from lab_helpers.images.registry import Registry

# Paths as the node sees them, in its own mount namespace.
CONTAINERD_SOCKET = Path("/run/containerd/containerd.sock")


def write(
    layout: EmbeddedLayout, node: NodeLayout, *, sandbox_image: str, cni_directory: Path, snapshotter: str
) -> None:
    """Write what the programs of a node read.

    Args:
        layout: The cluster.
        node: The node.
        sandbox_image: The image of the process that holds a pod's namespaces.
        cni_directory: Where the CNI plugins lie.
        snapshotter: containerd's way to lay image layers over each other.
    """
    etc = node.directory / "etc"
    for directory in (etc / "cni", node.registries, node.data, layout.logs):
        directory.mkdir(parents=True, exist_ok=True)
    _write_yaml(etc / "kubelet.yaml", _kubelet(layout, node))
    _write_yaml(etc / "kube-proxy.yaml", _kube_proxy(node))
    (etc / "containerd.toml").write_text(_containerd(node, sandbox_image, cni_directory, snapshotter), encoding="utf-8")
    (etc / "cni" / "10-lab.conflist").write_text(json.dumps(_cni(node), indent=2))
    node.hosts.write_text(f"127.0.0.1 localhost\n{node.address} {node.name}\n")
    # Nothing beyond the lab can be resolved from inside; pods get cluster DNS by the kubelet's clusterDNS.
    (etc / "resolv.conf").write_text("# the lab resolves cluster names only\n")


def trust_registry(node: NodeLayout, registry: Registry) -> None:
    """Make a node resolve and trust a registry; containerd reads these files at each pull."""
    directory = node.registries / registry.host
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "ca.crt").write_bytes(registry.ca_certificate.read_bytes())
    server = f"https://{registry.hostname}:{registry.port}"
    (directory / "hosts.toml").write_text(
        f'server = "{server}"\n\n[host."{server}"]\ncapabilities = ["pull", "resolve"]\n'
        f"ca = {toml_string(directory / 'ca.crt')}\n",
        encoding="utf-8",
    )
    # Written in place: a running node sees this very file as its /etc/hosts.
    others = [line for line in node.hosts.read_text().splitlines() if not line.endswith(f" {registry.hostname}")]
    node.hosts.write_text("\n".join([*others, f"{registry.address} {registry.hostname}"]) + "\n")


def toml_string(text: str | Path) -> str:
    """A string as TOML has it: quoted as in JSON, letters of every language as they are."""
    return json.dumps(str(text), ensure_ascii=False)


def _write_yaml(path: Path, content: dict[str, object]) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False))


def _kubelet(layout: EmbeddedLayout, node: NodeLayout) -> dict[str, object]:
    etc = node.directory / "etc"
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": node.address,
        "healthzBindAddress": "127.0.0.1",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(layout.pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(etc / "kubelet.crt"),
        "tlsPrivateKeyFile": str(etc / "kubelet.key"),
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "clusterDNS": [layout.dns_address],
        "clusterDomain": "cluster.local",
        "resolvConf": str(etc / "resolv.conf"),
        "podCIDR": node.pod_range,
        "cgroupRoot": node.cgroup,
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "oomScoreAdj": 0,  # lowering it takes CAP_SYS_RESOURCE, which a container's root lacks
        "serializeImagePulls": False,
        "eventRecordQPS": 0,
        "nodeStatusUpdateFrequency": "1s",
        "syncFrequency": "1s",
        # A nearly full disk would taint the node; how full the learner's disk is, is not the lab's business.
        "evictionHard": {"nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%"},
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "volumePluginDir": "/var/lib/kubelet/volume-plugins",
        "podLogsDir": "/var/log/pods",
        "registerNode": True,
        "shutdownGracePeriod": "0s",
    }


def _kube_proxy(node: NodeLayout) -> dict[str, object]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "bindAddress": node.address,
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "clientConnection": {"kubeconfig": str(node.directory / "etc" / "kube-proxy.kubeconfig")},
        "clusterCIDR": str(POD_RANGE),
        "hostnameOverride": node.name,
        "mode": "iptables",
        # Endpoints must be gone soon after a pod starts to end: the preStop delay of a Deployment counts on it.
        "iptables": {"minSyncPeriod": "100ms", "syncPeriod": "30s"},
        # Not writable in a namespace without the host's rights.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }


def _containerd(node: NodeLayout, sandbox_image: str, cni_directory: Path, snapshotter: str) -> str:
    return f"""version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.monitor.container.v1.restart"]

[grpc]
address = "{CONTAINERD_SOCKET}"

[plugins."io.containerd.metadata.v1.bolt"]
no_sync = true

[plugins."io.containerd.cri.v1.images"]
snapshotter = "{snapshotter}"

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{sandbox_image}"

[plugins."io.containerd.cri.v1.images".registry]
config_path = {toml_string(node.registries)}

[plugins."io.containerd.cri.v1.runtime"]
disable_apparmor = true
restrict_oom_score_adj = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = [{toml_string(cni_directory)}]
conf_dir = {toml_string(node.directory / "etc" / "cni")}
"""


def _cni(node: NodeLayout) -> dict[str, object]:
    return {
        "cniVersion": "0.4.0",
        "name": "lab",
        "plugins": [
            {
                "type": "bridge",
                "bridge": "cni0",
                "isGateway": True,
                "ipMasq": False,  # pods see each other's own addresses, on whichever node (see `network`)
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "dataDir": "/run/cni-ipam",
                    "ranges": [[{"subnet": node.pod_range}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }

"""Where one embedded cluster lives: every path, link, address and cgroup it owns follows from its name."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from lab_helpers.cluster.layout import KeptLayout
from lab_helpers.proxies import BRIDGES

__all__ = [
    "API_PORT",
    "END_SECONDS",
    "MOST_NODES",
    "POD_RANGE",
    "SERVICE_RANGE",
    "EmbeddedLayout",
    "NodeLayout",
    "network_number",
]

END_SECONDS = 30.0
"""How long a keeper may take to delete its cluster."""

MOST_NODES = 16
"""How many nodes a cluster may have: each takes a hundred megabytes, and no more processors come with it."""

API_PORT = 6443
"""Where an API server listens, and what stands for several."""

# These two exist inside the lab's own network only, so every lab may use the same.
POD_RANGE = ipaddress.IPv4Network("10.244.0.0/16")
SERVICE_RANGE = ipaddress.IPv4Network("10.96.0.0/16")

# What this machine reaches of a lab it reaches at an address of its own loopback (see ``relay``): one of this range a
# lab, and ports that neither a server of this machine that listens on all addresses has, nor the kernel gives away.
_LOCAL_RANGE = ipaddress.IPv4Network("127.83.0.0/16")
_LOCAL_API_PORT, _REGISTRY_PORT = 24643, 24443
_ENTRY_PORTS = {80: 24080, 443: 24444}  # of the node's, where an Ingress controller listens


def network_number(directory: Path) -> int:
    """The /24 a lab in this directory asks for first, 0 to 255; another is taken where that one is in use."""
    return hashlib.sha256(str(directory).encode()).digest()[0]


@dataclass(frozen=True)
class NodeLayout:
    """What one node owns.

    Attributes:
        number: Counted from 1, which is the first with a control plane.
        name: The node's name in the cluster.
        directory: Everything it keeps on disk.
        address: On the lab's bridge.
        pod_range: The addresses of its pods.
        cgroup: Its cgroup, as a path below each hierarchy's root.
    """

    number: int
    name: str
    directory: Path
    address: str
    pod_range: str
    cgroup: str

    @property
    def data(self) -> Path:
        """What the node sees as ``/data``: the data root of the architecture (section 1.3)."""
        return self.directory / "data"

    @property
    def hosts(self) -> Path:
        """What the node sees as ``/etc/hosts``."""
        return self.directory / "etc" / "hosts"

    @property
    def registries(self) -> Path:
        """Where containerd finds the registries it trusts, one subdirectory a host name."""
        return self.directory / "etc" / "certs.d"

    @property
    def spec(self) -> Path:
        """What the keeper is to run of it, where it joined later."""
        return self.directory / "spec.json"

    @property
    def mountpoint(self) -> Path:
        """Where the node's own root is put together before it becomes ``/``."""
        return self.directory / "root"


@dataclass(frozen=True)
class EmbeddedLayout(KeptLayout):
    """What one cluster owns.

    Args:
        name: The lab's name.
        directory: Where it keeps its files; removed with the cluster.
        network: Which /24 of the bridge range it has.
        servers: How many of its nodes have a control plane and a member of etcd: the first ones.
    """

    network: int
    servers: int = 1

    @property
    def pki(self) -> Path:
        """Certificates and keys."""
        return self.directory / "pki"

    @property
    def config(self) -> Path:
        """The configuration files of the cluster's programs."""
        return self.directory / "config"

    @property
    def admin(self) -> Path:
        """The administrator's kubeconfig for those who are on the first node, as k3s and kubeadm leave one there."""
        return self.config / "admin.kubeconfig"

    @property
    def images(self) -> Path:
        """What the nodes hold from the start, as JSON: the reference of each image by its name without a tag."""
        return self.directory / "images.json"

    @property
    def artifacts(self) -> Path:
        """What its nodes are made of, as JSON, for those that join later."""
        return self.directory / "artifacts.json"

    @property
    def checkpoints(self) -> Path:
        """What was kept of the cluster to go back to, a directory each."""
        return self.directory / "checkpoints"

    @property
    def link(self) -> str:
        """The host's end of the link to the lab's bridge; link names are global and at most 15 characters."""
        return f"lab-{self._digest[:10]}"

    @property
    def subnet(self) -> ipaddress.IPv4Network:
        """The addresses on the lab's bridge, which is the one network the host sees of it."""
        return ipaddress.IPv4Network((int(BRIDGES.network_address) + self.network * 256, 24))

    @property
    def local_address(self) -> str:
        """The lab, as this machine reaches it."""
        return str(_LOCAL_RANGE[self.network * 256 + 1])

    @property
    def local_api(self) -> tuple[str, int]:
        """The API server, as this machine reaches it."""
        return self.local_address, _LOCAL_API_PORT

    @property
    def api(self) -> tuple[str, int]:
        """The API server, as the nodes reach it: where there are several, whichever of them answers."""
        return (self.bridge_address if self.has_several_servers else self.node(1).address), API_PORT

    @property
    def local_registry(self) -> tuple[str, int]:
        """The registry, as this machine reaches it."""
        return self.local_address, _REGISTRY_PORT

    @property
    def local_entries(self) -> dict[int, tuple[str, int]]:
        """The node's ports for requests from outside, as this machine reaches them."""
        return {port: (self.local_address, local) for port, local in _ENTRY_PORTS.items()}

    @property
    def entries(self) -> dict[int, tuple[str, int]]:
        """The same ports on the lab's bridge: where there are several servers, of whichever listens."""
        if self.has_several_servers:
            return {port: (self.bridge_address, local) for port, local in _ENTRY_PORTS.items()}
        return {port: (self.node(1).address, port) for port in _ENTRY_PORTS}

    @property
    def host_address(self) -> str:
        """The host, on the lab's bridge."""
        return str(self.subnet[1])

    @property
    def bridge_address(self) -> str:
        """The bridge itself: the nodes' way out, and where the registry listens."""
        return str(self.subnet[2])

    @property
    def service_address(self) -> str:
        """The API server as pods see it."""
        return str(SERVICE_RANGE[1])

    @property
    def dns_address(self) -> str:
        """Cluster DNS."""
        return str(SERVICE_RANGE[10])

    def node(self, number: int) -> NodeLayout:
        """The layout of a node, counted from 1."""
        return NodeLayout(
            number=number,
            name=f"{self.name}-{number}",
            directory=self.directory / f"node-{number}",
            address=str(self.subnet[9 + number]),
            pod_range=f"{POD_RANGE.network_address + number * 256}/24",
            cgroup=f"{self.cgroups}{number}",
        )

    @property
    def has_several_servers(self) -> bool:
        """Whether it outlives the end of a server."""
        return self.servers > 1

    @property
    def server_nodes(self) -> list[NodeLayout]:
        """The nodes with a control plane."""
        return [self.node(number) for number in range(1, self.servers + 1)]

    @property
    def cgroups(self) -> str:
        """What the cgroups of its nodes begin with: the number of each follows."""
        return f"/kubernetes-lab-{self.name}-{self._digest[:6]}-"

    @property
    def nodes(self) -> list[NodeLayout]:
        """The nodes that files are there of, whether they run or not."""
        numbers = [path.name.removeprefix("node-") for path in self.directory.glob("node-*")]
        return [self.node(number) for number in sorted(int(text) for text in numbers if text.isdecimal())]

    def node_named(self, name: str) -> NodeLayout | None:
        """The layout of the node of that name, if a node may be called so."""
        number = name.removeprefix(f"{self.name}-")
        is_number = number.isascii() and number.isdecimal() and 1 <= int(number) <= MOST_NODES
        return self.node(int(number)) if is_number and name == f"{self.name}-{int(number)}" else None

    @property
    def _digest(self) -> str:
        """What tells it from others on this machine: labs of several accounts are called alike."""
        return hashlib.sha256(str(self.directory).encode()).hexdigest()

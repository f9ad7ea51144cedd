"""The lab's network: a bridge in a namespace of its own, one link to the host, one link to each node.

The host sees a single link and no rule: its firewall, its forwarding and Docker's stay as they are, and whatever is
inside ends with the processes that hold the namespaces.
"""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lab_helpers import shell, wait
from lab_helpers.cluster.embedded.layout import POD_RANGE, EmbeddedLayout, network_number
from lab_helpers.cluster.embedded.spec import ClusterSpec, NodeSpec
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = [
    "connect_host",
    "connect_node",
    "connect_pods",
    "disconnect_pods",
    "hardware_address",
    "inside",
    "remove_link",
    "remove_port",
    "reserve_network",
    "wait_own_namespace",
]


@contextmanager
def reserve_network(name: str, directory: Path, taken: Iterable[int]) -> Iterator[int]:
    """The /24 for a lab: the one its directory asks for, or the next that neither a lab nor a route of the host uses.

    Until the lab's own route is there, other labs that begin on this machine pass it over, those of other state
    directories, too: a socket of that name in the kernel's own space says so, which goes with this process.

    Args:
        name: The lab's name.
        directory: The lab's directory.
        taken: What other labs have.

    Raises:
        LabError: All are in use.
    """
    routes = json.loads(shell.run(["ip", "-json", "-4", "route", "show", "table", "all"]).stdout or "[]")
    destinations = {str(route.get("dst", "")).split("/")[0].rsplit(".", 1)[0] for route in routes}
    first, used = network_number(directory), set(taken)
    with socket.socket(socket.AF_UNIX) as reservation:
        for number in ((first + step) % 256 for step in range(256)):
            prefix = str(EmbeddedLayout(name, directory, number).subnet.network_address).rsplit(".", 1)[0]
            if number not in used and prefix not in destinations and _bind(reservation, number):
                yield number
                return
    reason = _("every /24 of 10.83.0.0/16 is in use on this machine")
    raise LabError(reason, object=_("network"), next_step="ip route")


def _bind(reservation: socket.socket, number: int) -> bool:
    try:
        reservation.bind(f"\0kubernetes-lab/network/{number}")  # unix(7), abstract
    except OSError:
        return False
    return True


def hardware_address(address: str) -> str:
    """The hardware address of the link that has an IPv4 address, with or without its prefix length.

    It follows from the other, so that whoever has spoken to a node finds it again when its namespaces are made anew:
    a kernel keeps what ARP told it for up to a minute, and a random one would be answered by nobody until then. Locally
    administered, unicast (IEEE 802, the two low bits of the first octet).
    """
    octets = bytes([0x02, 0x00]) + ipaddress.ip_interface(address).ip.packed
    return octets.hex(":")


def inside(pid: int, argv: Sequence[str]) -> list[str]:
    """A command as it runs in the network namespace of a process."""
    return ["nsenter", f"--net=/proc/{pid}/ns/net", "--", *argv]


def wait_own_namespace(pid: int, *, seconds: float = 5) -> None:
    """Wait until a process that unshares its network namespace has done so; told to the keeper's log, so in English.

    Raises:
        WaitTimeout: It did not.
    """
    ours = Path("/proc/self/ns/net").readlink()

    def has_left() -> bool:
        try:
            return Path(f"/proc/{pid}/ns/net").readlink() != ours
        except OSError as error:
            raise LabError("ended before it had a network namespace", object=f"process {pid}") from error

    wait.until(has_left, seconds=seconds, outcome="get a network namespace", object=f"process {pid}", every=0.001)


def connect_host(spec: ClusterSpec, bridge_pid: int) -> None:
    """Make the bridge in the namespace of ``bridge_pid`` and link the host to it."""
    _ip(
        f"link add {spec.link} address {hardware_address(spec.host_address)} "
        f"type veth peer name uplink netns {bridge_pid}",
        f"address add {spec.host_address} dev {spec.link}",
        f"link set {spec.link} up",
    )
    _ip(
        "link set lo up",
        f"link add lab0 address {hardware_address(spec.bridge_address)} type bridge",
        f"address add {spec.bridge_address} dev lab0",
        "link set lab0 up",
        "link set uplink master lab0",
        "link set uplink up",
        pid=bridge_pid,
    )
    _forward(bridge_pid)


def connect_node(spec: ClusterSpec, node: NodeSpec, bridge_pid: int, node_pid: int) -> None:
    """Link a node to the bridge and give it its address."""
    prefix = spec.bridge_address.partition("/")[2]
    link = _port(node)
    _ip(
        f"link add {link} type veth peer name eth0 address {hardware_address(node.address)} netns {node_pid}",
        f"link set {link} master lab0",
        f"link set {link} up",
        pid=bridge_pid,
    )
    _ip(
        "link set lo up",
        f"address add {node.address}/{prefix} dev eth0",
        "link set eth0 up",
        f"route add default via {spec.bridge_address.partition('/')[0]}",
        pid=node_pid,
    )
    _forward(node_pid)
    # Pods keep their own addresses among themselves, whose policies go by them; outside nobody knows a way back to one.
    rule = ["-s", str(POD_RANGE), "!", "-d", str(POD_RANGE), "-j", "MASQUERADE"]
    shell.run(inside(node_pid, ["iptables", "--wait", "-t", "nat", "-A", "POSTROUTING", *rule]))


def connect_pods(nodes: Iterable[tuple[NodeSpec, int]]) -> None:
    """Give each node the way to the pods of every other; one that is there already is taken as it is.

    Args:
        nodes: The nodes, each with a process in its network namespace.
    """
    connected = list(nodes)
    for node, pid in connected:
        others = [other for other, _pid in connected if other.name != node.name]
        if others:
            _ip(*(f"route replace {other.pod_range} via {other.address}" for other in others), pid=pid)


def disconnect_pods(node: NodeSpec, pids: Iterable[int]) -> None:
    """Take from the nodes of these processes the way to the pods of a node that is gone."""
    for pid in pids:
        shell.run(inside(pid, ["ip", "route", "delete", node.pod_range]), check=False)  # it may have been cut off early


def remove_port(node: NodeSpec, bridge_pid: int) -> None:
    """Remove the bridge's end of a node's link, which the kernel may leave for a while; none is no error."""
    shell.run(inside(bridge_pid, ["ip", "link", "delete", _port(node)]), check=False)


def _port(node: NodeSpec) -> str:
    return f"node{node.address.rpartition('.')[2]}"


def remove_link(link: str) -> None:
    """Remove the host's end of the link, and with it the other; none is no error.

    The kernel would do it some time after the namespace's last process is gone: half a second, and once half a minute.
    """
    if link in (name for _number, name in socket.if_nameindex()):
        shell.run(["ip", "link", "delete", link], check=False)  # it may go by itself in between


def _ip(*commands: str, pid: int | None = None) -> None:
    argv = ["ip", "-batch", "-"]
    shell.run(argv if pid is None else inside(pid, argv), input="\n".join(commands) + "\n")


def _forward(pid: int) -> None:
    # /proc/sys/net is that of the process which opens it, so it has to be opened from inside.
    shell.run(inside(pid, ["sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]))

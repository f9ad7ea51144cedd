"""The nodes of a cluster, each with what the machine and the API server say of it."""

from __future__ import annotations

from dataclasses import dataclass

from lab_helpers.cluster.base import Cluster
from lab_helpers.cluster.nodes import CONTROL_PLANE
from lab_helpers.cluster.occupancy import claims_by_node
from lab_helpers.kube.client import Client
from lab_helpers.kube.conditions import is_ready
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext_noop

__all__ = ["NodeStatus", "names", "roster"]

_READY, _NOT_READY, _ENDED = gettext_noop("Ready"), gettext_noop("not Ready"), gettext_noop("has ended")
_DRAINED, _GONE = gettext_noop("Ready, takes no new pods"), gettext_noop("gone: remove it")

_SERVER, _AGENT = gettext_noop("server"), gettext_noop("agent")
_HEALTHY, _UNHEALTHY = gettext_noop("healthy"), gettext_noop("not healthy")


@dataclass(frozen=True)
class NodeStatus:
    """How a node is.

    Attributes:
        name: Its name.
        role: ``server`` where it has a control plane, else ``agent``.
        description: How it is, in English.
        etcd: Whether its member of etcd is ``healthy`` or ``not healthy``; empty where it has none, or nobody can tell.
        address: Its address.
        pods: How many pods are on it.
        claims: The claims whose data lies on it.
    """

    name: str
    role: str
    description: str
    etcd: str
    address: str
    pods: int
    claims: tuple[str, ...]


def names(cluster: Cluster) -> list[str]:
    """The nodes that the machine or the API server knows of, in the order of their names.

    Raises:
        LabError: Either of them does not answer.
    """
    return sorted({*_objects(Client(cluster.kubeconfig)), *(cluster.nodes.running() if cluster.nodes else ())})


def roster(cluster: Cluster) -> list[NodeStatus]:
    """Every node that the machine or the API server knows of, by its name.

    Raises:
        LabError: Either of them does not answer.
    """
    client = Client(cluster.kubeconfig)
    objects = _objects(client)
    running = cluster.nodes.running() if cluster.nodes is not None else dict.fromkeys(objects, True)
    servers = cluster.nodes.servers if cluster.nodes is not None else ()
    members = cluster.nodes.members() if cluster.nodes is not None else {}
    places, claims = [pod["spec"].get("nodeName") for pod in client.list("pod")], claims_by_node(client)
    return [
        NodeStatus(
            name,
            _SERVER if name in servers or CONTROL_PLANE in _labels(objects.get(name)) else _AGENT,
            _describe(objects.get(name), running.get(name)),
            {True: _HEALTHY, False: _UNHEALTHY, None: ""}[members.get(name)],
            _address(objects.get(name)),
            places.count(name),
            tuple(map(str, claims.get(name, ()))),
        )
        for name in sorted({*objects, *running})
    ]


def _objects(client: Client) -> dict[str, Object]:
    return {node["metadata"]["name"]: node for node in client.list("node")}


def _describe(node: Object | None, runs: bool | None) -> str:
    if runs is None:
        return _GONE
    if not runs:
        return _ENDED
    if node is None or not is_ready(node):
        return _NOT_READY
    return _DRAINED if node["spec"].get("unschedulable") else _READY


def _labels(node: Object | None) -> dict[str, str]:
    return dict(node["metadata"].get("labels") or {}) if node else {}


def _address(node: Object | None) -> str:
    addresses = node.get("status", {}).get("addresses", []) if node else []
    return next((each["address"] for each in addresses if each["type"] == "InternalIP"), "")

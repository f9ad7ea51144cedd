"""The nodes of a cluster, each with what the machine and the API server say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lab_helpers.cluster.base import Cluster
from lab_helpers.cluster.nodes import CONTROL_PLANE
from lab_helpers.cluster.occupancy import claims_by_node
from lab_helpers.errors import WaitTimeout
from lab_helpers.kube.client import Client
from lab_helpers.kube.conditions import is_ready
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext_noop

__all__ = ["NodeStatus", "Roster", "names", "roster"]

_READY, _NOT_READY, _ENDED = gettext_noop("Ready"), gettext_noop("not Ready"), gettext_noop("has ended")
_RUNNING = gettext_noop("runs")
_DRAINED, _GONE = gettext_noop("Ready, takes no new pods"), gettext_noop("gone: remove it")

_SERVER, _AGENT = gettext_noop("server"), gettext_noop("agent")
_HEALTHY, _UNHEALTHY = gettext_noop("healthy"), gettext_noop("not healthy")

_PATIENCE_SECONDS = 15.0
_SHORT_PATIENCE_SECONDS = 2.0  # with an API server whose etcd has no majority, which will not answer


@dataclass(frozen=True)
class NodeStatus:
    """How a node is.

    Attributes:
        name: Its name.
        role: ``server`` where it has a control plane, else ``agent``.
        description: How it is, in English.
        etcd: Whether its member of etcd is ``healthy`` or ``not healthy``; empty where it has none, or nobody can tell.
        address: Its address; empty where the API server does not say.
        pods: How many pods are on it; None where the API server does not say.
        claims: The claims whose data lies on it.
    """

    name: str
    role: str
    description: str
    etcd: str
    address: str
    pods: int | None
    claims: tuple[str, ...]


@dataclass(frozen=True)
class Roster:
    """The nodes of a cluster.

    Attributes:
        nodes: Every node, by its name.
        silence: Why the API server has told nothing of them; None where it has.
    """

    nodes: tuple[NodeStatus, ...]
    silence: WaitTimeout | None = None


def names(cluster: Cluster) -> list[str]:
    """The nodes that the machine or the API server knows of, in the order of their names.

    Raises:
        LabError: Either of them does not answer.
    """
    return sorted({*_objects(Client(cluster.kubeconfig)), *(cluster.nodes.running() if cluster.nodes else ())})


def roster(cluster: Cluster) -> Roster:
    """Every node that the machine or the API server knows of, by its name.

    Raises:
        LabError: Nobody answers who knows of any.
    """
    nodes = cluster.nodes
    running = nodes.running() if nodes else {}
    members = nodes.members() if nodes else {}
    servers = nodes.servers if nodes else ()
    client, silence = Client(cluster.kubeconfig, patience_seconds=_patience(members)), None
    try:
        objects, claims = _objects(client), claims_by_node(client)
        places = [pod["spec"].get("nodeName") for pod in client.list("pod")]
    except WaitTimeout as error:
        if nodes is None:
            raise
        objects, claims, places, silence = {}, {}, [], error
        ended = [name for name in servers if not running.get(name)]
        if ended:
            silence.next_step = f"lab node add {ended[0]} --name {cluster.name}"
    if nodes is None:
        running = dict.fromkeys(objects, True)
    return Roster(
        tuple(
            NodeStatus(
                name,
                _SERVER if name in servers or CONTROL_PLANE in _labels(objects.get(name)) else _AGENT,
                _describe(objects.get(name), running.get(name), is_silent=silence is not None),
                {True: _HEALTHY, False: _UNHEALTHY, None: ""}[members.get(name)],
                _address(objects.get(name)),
                places.count(name) if silence is None else None,
                tuple(map(str, claims.get(name, ()))),
            )
            for name in sorted({*objects, *running})
        ),
        silence,
    )


def _patience(members: Mapping[str, bool]) -> float:
    """How long to wait for the API server, in seconds: not long without a majority of etcd's members."""
    has_majority = not members or sum(members.values()) > len(members) / 2
    return _PATIENCE_SECONDS if has_majority else _SHORT_PATIENCE_SECONDS


def _objects(client: Client) -> dict[str, Object]:
    return {node["metadata"]["name"]: node for node in client.list("node")}


def _describe(node: Object | None, runs: bool | None, *, is_silent: bool) -> str:
    if runs is None:
        return _GONE
    if not runs:
        return _ENDED
    if is_silent:
        return _RUNNING
    if node is None or not is_ready(node):
        return _NOT_READY
    return _DRAINED if node["spec"].get("unschedulable") else _READY


def _labels(node: Object | None) -> dict[str, str]:
    return dict(node["metadata"].get("labels") or {}) if node else {}


def _address(node: Object | None) -> str:
    addresses = node.get("status", {}).get("addresses", []) if node else []
    return next((each["address"] for each in addresses if each["type"] == "InternalIP"), "")

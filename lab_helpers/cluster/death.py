"""End a node as if its power went, and start it again with what it keeps."""

from __future__ import annotations

from collections.abc import Callable

from lab_helpers.cluster.base import Cluster
from lab_helpers.cluster.nodes import Nodes
from lab_helpers.cluster.occupancy import claims_on
from lab_helpers.errors import LabError
from lab_helpers.kube.client import Client
from lab_helpers.language import gettext as _

__all__ = ["kill", "start_again"]


def kill(cluster: Cluster, nodes: Nodes, node: str, report: Callable[[str], None]) -> None:
    """End a node at once; its object stays, and the API server learns of it by its silence.

    Args:
        cluster: The cluster.
        nodes: Its nodes.
        node: The node.
        report: Told what happens.

    Raises:
        LabError: The control plane would end with it, it does not run, or it could not be ended.
    """
    if [node] == list(nodes.servers):
        reason = _("has the control plane: without it nobody would be left to notice")
        raise LabError(reason, object=node, next_step=f"lab node list --name {cluster.name}")
    if not nodes.running().get(node):
        step = f"lab node list --name {cluster.name}"
        raise LabError(_("does not run, so there is nothing to kill"), object=node, next_step=step)
    if node in nodes.servers:
        _expect_majority(cluster, nodes, node)
    claims = claims_on(Client(cluster.kubeconfig), node)
    nodes.kill(node)
    for claim in claims:
        report(_("claim {claim} stays on {node}: whoever uses it waits for it").format(claim=claim, node=node))


def _expect_majority(cluster: Cluster, nodes: Nodes, node: str) -> None:
    """Make sure that etcd goes on without a server."""
    healthy = [name for name, is_healthy in nodes.members().items() if is_healthy and name != node]
    if 2 * len(healthy) > len(nodes.servers):
        return
    reason = _("is one of {count} servers, of which etcd needs {majority}; without it there would be {others}")
    missing = [name for name in nodes.servers if name not in (*healthy, node)]
    raise LabError(
        reason.format(count=len(nodes.servers), majority=len(nodes.servers) // 2 + 1, others=len(healthy)),
        object=node,
        next_step=f"lab node add {missing[0]} --name {cluster.name}",
    )


def start_again(cluster: Cluster, nodes: Nodes, node: str, report: Callable[[str], None]) -> None:
    """Start a node that has ended, and wait until it is Ready.

    Args:
        cluster: The cluster.
        nodes: Its nodes.
        node: The node.
        report: Told what happens.

    Raises:
        LabError: It runs, nothing is left of it, or it could not be started.
    """
    running = nodes.running()
    if node not in running:
        reason = _("is gone: the API server alone knows of it, and nothing is left to start")
        raise LabError(reason, object=node, next_step=f"lab node remove {node} --name {cluster.name}")
    if running[node]:
        raise LabError(_("runs already"), object=node, next_step=f"lab node add --name {cluster.name}")
    nodes.start(node, report)

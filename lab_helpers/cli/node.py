"""`lab node`: the nodes of a lab's cluster; add, drain, kill and remove them, and run commands on one."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from lab_helpers import language as languages
from lab_helpers.cli.options import Language, ProgressPrinter, RunningName
from lab_helpers.cli.resuming import resumable
from lab_helpers.cli.verbs import add
from lab_helpers.errors import LabError, NotSupported
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from lab_helpers.cluster.base import Cluster
    from lab_helpers.cluster.nodes import Nodes
    from lab_helpers.cluster.roster import NodeStatus
    from lab_helpers.workbook.display.tables import Table

__all__ = ["app"]

app = typer.Typer(help=_("List the nodes of a lab's cluster, add, drain, kill and remove them."), no_args_is_help=True)

NodeName = Annotated[str, typer.Argument(metavar="NODE", help=_("Its name, as `lab node list` shows it."))]
Seconds = Annotated[int, typer.Option("--seconds", min=1, help=_("How long the drain may take."))]


def list_nodes(
    name: RunningName = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print as JSON."))] = False,
    language: Language = None,
) -> None:
    """List the nodes: the role of each, whether it and its member of etcd are well, the pods and claims on it."""
    from lab_helpers.cluster.roster import roster

    listed = roster(_cluster(name))
    if as_json:
        print(json.dumps([vars(entry) for entry in listed.nodes], indent=2))
    else:
        print(_table(listed.nodes))
    if listed.silence is not None:
        raise listed.silence


def _table(nodes: Sequence[NodeStatus]) -> Table:
    from lab_helpers.workbook.display.tables import Table

    rows = [
        [
            entry.name,
            languages.gettext(entry.role),
            languages.gettext(entry.description),
            languages.gettext(entry.etcd) if entry.etcd else "",
            entry.address,
            "" if entry.pods is None else str(entry.pods),
            ", ".join(entry.claims),
        ]
        for entry in nodes
    ]
    header = [_("NODE"), _("ROLE"), _("STATE"), _("ETCD"), _("ADDRESS"), _("PODS"), _("CLAIMS")]
    return Table(header, rows)


def add_node(
    node: Annotated[
        str | None,
        typer.Argument(metavar="NODE", help=_("One that has ended, to be started again; else another one.")),
    ] = None,
    name: RunningName = None,
    language: Language = None,
) -> None:
    """Add a node to the cluster of a lab: an agent with a container runtime, pods and images of its own."""
    from lab_helpers.cluster import death

    progress, cluster = ProgressPrinter(), _cluster(name)
    nodes = _nodes(cluster)
    if node is None:
        node = nodes.add(progress)
    else:
        _expect_known(cluster, node)
        death.start_again(cluster, nodes, node, progress)
    progress(_("node {node} is Ready").format(node=node))


def kill(node: NodeName, name: RunningName = None, language: Language = None) -> None:
    """End a node at once, as if its power went: nobody drains it, and the API server learns it by its silence."""
    from lab_helpers.cluster import death

    progress, cluster = ProgressPrinter(), _cluster(name)
    nodes = _nodes(cluster)
    _expect_known(cluster, node)
    death.kill(cluster, nodes, node, progress)
    progress(_("{node} is dead; it comes back after: lab node add {node}").format(node=node))


def drain(node: NodeName, name: RunningName = None, seconds: Seconds = 60, language: Language = None) -> None:
    """Let a node take no new pods, and move those on it elsewhere as their PodDisruptionBudgets allow."""
    from lab_helpers.cluster import draining

    progress, cluster = ProgressPrinter(), _cluster(name)
    _expect_known(cluster, node)
    with resumable(node, _half_drained(), f"lab node drain {node} --name {cluster.name}", cluster.name):
        draining.drain(cluster, node, progress, seconds=seconds)
    progress(_("{node} is empty; it takes pods again after: kubectl uncordon {node}").format(node=node))


def remove(
    node: NodeName,
    name: RunningName = None,
    with_claims: Annotated[
        bool, typer.Option("--with-claims", help=_("Delete the claims whose data lies on it, too."))
    ] = False,
    seconds: Seconds = 60,
    language: Language = None,
) -> None:
    """Drain a node and take it from the cluster, with all that it keeps; one that has ended is taken away."""
    from lab_helpers.cluster import draining

    progress, cluster = ProgressPrinter(), _cluster(name)
    nodes = _nodes(cluster)
    _expect_known(cluster, node)
    command = f"lab node remove {node}{' --with-claims' if with_claims else ''} --name {cluster.name}"
    with resumable(node, _half_drained(), command, cluster.name):
        draining.remove(cluster, nodes, node, progress, with_claims=with_claims, seconds=seconds)
    progress(_("nothing of {node} is left").format(node=node))


def execute(
    node: NodeName,
    command: Annotated[list[str], typer.Argument(metavar="COMMAND...", help=_("What to run there, after `--`."))],
    name: RunningName = None,
    language: Language = None,
) -> None:
    """Run a command on a node as its root, as over ssh: `lab node exec lab-1 -- ls /data`.

    It has the standard streams of this one, so that files go there and back through a pipe, and its exit code.
    """
    cluster = _cluster(name)
    _expect_known(cluster, node)
    if cluster.nodes is None:
        reason = _("the nodes of provider {provider} are Docker's, and take commands from there")
        raise NotSupported(
            reason.format(provider=cluster.provider),
            object=_("lab {name}").format(name=cluster.name),
            next_step=f"docker exec --interactive {node} {shlex.join(command)}",
        )
    reason, step = _("interrupted; the command was told to hang up"), f"lab node list --name {cluster.name}"
    with resumable(node, reason, step, cluster.name):
        code = cluster.nodes.execute(node, command)
    raise typer.Exit(code)


def _half_drained() -> str:
    return _("interrupted; it may take no new pods, and some may have gone elsewhere")


def _cluster(name: str | None) -> Cluster:
    """The running cluster of a lab.

    Raises:
        NotSupported: Its nodes are somebody else's.
        LabError: There is none.
    """
    from lab_helpers.cluster.at_hand import attached, resolve_name
    from lab_helpers.cluster.base import Capability

    cluster = attached(resolve_name(name))
    if Capability.NAMESPACES not in cluster.capabilities:
        reason = _("on a cluster of yours the lab touches no node")
        raise NotSupported(reason, object=_("lab {name}").format(name=cluster.name), next_step="kubectl get nodes")
    return cluster


def _nodes(cluster: Cluster) -> Nodes:
    if cluster.nodes is None:
        reason = _("clusters of provider {provider} get no further nodes while they run")
        raise NotSupported(
            reason.format(provider=cluster.provider),
            object=_("lab {name}").format(name=cluster.name),
            next_step="lab up --provider embedded --name another",
        )
    return cluster.nodes


def _expect_known(cluster: Cluster, node: str) -> None:
    from lab_helpers.cluster import roster

    if cluster.nodes is not None and node in cluster.nodes.running():
        return  # whatever the API server says, if it says anything
    names = roster.names(cluster)
    if node not in names:
        reason = _("is no node of lab {name}; there are {nodes}").format(name=cluster.name, nodes=", ".join(names))
        raise LabError(reason, object=repr(node), next_step=f"lab node list --name {cluster.name}")


add(app, list_nodes, "list")
add(app, add_node, "add")
add(app, drain)
add(app, kill)
add(app, remove)
add(app, execute, "exec")

"""Nodes that join an embedded cluster and leave it: files written here, all that needs root asked of its keeper."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from lab_helpers import locks, wait
from lab_helpers.cluster import control
from lab_helpers.cluster.base import Report
from lab_helpers.cluster.embedded import configuration, credentials, doctor, members, plan, workers
from lab_helpers.cluster.embedded.artifacts import EmbeddedArtifacts
from lab_helpers.cluster.embedded.keeper_request import asking
from lab_helpers.cluster.embedded.layout import MOST_NODES, EmbeddedLayout, NodeLayout
from lab_helpers.cluster.embedded.node_root import ETCD_DIRECTORY
from lab_helpers.cluster.embedded.readiness import ApiServer
from lab_helpers.cluster.embedded.sessions import EXECUTE, send_command
from lab_helpers.cluster.nodes import CONTROL_PLANE, Nodes
from lab_helpers.errors import LabError
from lab_helpers.images import registry as registries
from lab_helpers.kube.conditions import heartbeat, is_ready
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from lab_helpers.kube.client import Client

__all__ = ["EmbeddedNodes"]

_READY_SECONDS = 60.0
_KEEPER_SECONDS = 30.0


class EmbeddedNodes(Nodes):
    """The nodes of one embedded cluster.

    Args:
        layout: The cluster.
    """

    def __init__(self, layout: EmbeddedLayout) -> None:
        self._layout = layout
        self.servers = tuple(node.name for node in layout.server_nodes)

    def running(self) -> Mapping[str, bool]:
        """Whether each node runs, as its keeper sees it."""
        with self._asking(workers.LIST) as (answer, _client):
            return {str(name): bool(runs) for name, runs in json.loads(answer).items()}

    def members(self) -> Mapping[str, bool]:
        """Whether the member of etcd on each server answers, as its keeper sees it."""
        try:
            with self._asking(members.LIST) as (answer, _client):
                return {str(name): bool(is_healthy) for name, is_healthy in json.loads(answer).items()}
        except control.Refused:  # an older version of the lab made the cluster
            return {}

    def add(self, report: Report) -> str:
        """Add a node with the images that every node has."""
        with locks.exclusively(self._layout.directory / "nodes"):
            node = self._free()
            report(_("adding node {name}").format(name=node.name))
            try:
                self._write(node)
                self._start(workers.ADD, node, report)
            except BaseException:
                self._undo(node.name)
                raise
        return node.name

    def kill(self, name: str) -> None:
        """Have the keeper cut a node off and kill its first process, and with it all others."""
        with locks.exclusively(self._layout.directory / "nodes"), self._asking(f"{workers.KILL} {name}"):
            pass

    def start(self, name: str, report: Report) -> None:
        """Start a node on the files that it left."""
        with locks.exclusively(self._layout.directory / "nodes"):
            node = self._layout.node_named(name)
            if node is None:
                raise LabError(_("has ended, and the lab did not make it"), object=name, next_step="kubectl get nodes")
            before = self._last_heartbeat(name)
            report(_("starting node {name} again").format(name=name))
            self._start(workers.START, node, report, before)

    def remove(self, name: str) -> None:
        """End a node and remove its files."""
        with locks.exclusively(self._layout.directory / "nodes"), self._asking(f"{workers.REMOVE} {name}"):
            pass

    def execute(self, name: str, argv: Sequence[str]) -> int:
        """Run a command on a node, in an environment like that of root's shell on a server."""
        with self._asking(f"{EXECUTE} {name}") as (_answer, keeper):
            keeper.settimeout(None)
            send_command(keeper, ["env", *self._environment(name), *argv])
            code = control.read_line(keeper)
            if not code.isdecimal():
                raise LabError(
                    code.removeprefix("failed ") or _("ended before the command had"),
                    object=name,
                    next_step=f"lab node list --name {self._layout.name}",
                )
        return int(code)

    def _environment(self, name: str) -> list[str]:
        programs = sorted({str(path.parent) for path in self._artifacts().programs.values()})
        path = ["/data/bin", *programs, "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        variables = ["HOME=/root", f"PATH={os.pathsep.join(path)}"]
        if name in self.servers:
            variables += [f"KUBECONFIG={self._layout.admin}", f"ETCDCTL_ENDPOINTS=unix://{ETCD_DIRECTORY}/client"]
        return variables

    def _free(self) -> NodeLayout:
        """The layout of the next node, of which there is nothing."""
        running = self.running()
        node = next(
            (node for node in map(self._layout.node, range(1, MOST_NODES + 1)) if node.name not in running), None
        )
        if node is None:
            object_name = _("lab {name}").format(name=self._layout.name)
            reason = _("has {count} nodes, which is as many as a lab may have").format(count=MOST_NODES)
            raise LabError(reason, object=object_name, next_step=f"lab node list --name {self._layout.name}")
        if node.directory.exists():  # whoever wrote it was killed before the keeper knew of it
            with self._asking(f"{workers.REMOVE} {node.name}"):
                pass
        return node

    def _write(self, node: NodeLayout) -> None:
        artifacts = self._artifacts()
        configuration.write(
            self._layout,
            node,
            sandbox_image=artifacts.reference("pause"),
            cni_directory=doctor.cni_directory(),
            snapshotter=artifacts.snapshotter,
        )
        credentials.issue_node(credentials.read(self._layout), node)
        registry = registries.load(self._layout.registry)
        configuration.trust_registry(node, replace(registry, address=self._layout.bridge_address, port=443))
        plan.worker_spec(self._layout, node, artifacts).write(node.spec)

    def _artifacts(self) -> EmbeddedArtifacts:
        try:
            return EmbeddedArtifacts.read(self._layout.artifacts)
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise LabError(
                _("does not tell what its nodes are made of; an older version of the lab may have made it"),
                object=_("lab {name}").format(name=self._layout.name),
                last_event=str(error),
                next_step=f"lab down --name {self._layout.name} && lab up --name {self._layout.name}",
            ) from error

    def _start(self, verb: str, node: NodeLayout, report: Report, last_heartbeat: str | None = "") -> None:
        """Have the keeper start a node, and keep it once its kubelet says Ready and has spoken since."""
        with self._asking(f"{verb} {node.name}") as (_answer, keeper):
            report(_("waiting for the node"))
            self._wait_ready(node, last_heartbeat)
            self.mark_servers()
            keeper.sendall(b"keep\n")
            control.read_line(keeper)

    def _wait_ready(self, node: NodeLayout, last_heartbeat: str | None) -> None:
        api = ApiServer(self._layout)

        def look() -> bool:
            nonlocal last_heartbeat
            if not self.running().get(node.name):
                raise _Ended(_("ended while it was starting"), object=node.name, last_event=self._log(node.name))
            status = api.get(f"/api/v1/nodes/{node.name}")
            if last_heartbeat is None:
                last_heartbeat = heartbeat(status)
            return is_ready(status) and heartbeat(status) != last_heartbeat

        wait.until(
            look,
            seconds=_READY_SECONDS,
            outcome="become Ready",
            object=node.name,
            last_event=lambda: self._log(f"kubelet-{node.number}"),
            next_step="lab doctor",
            every=0.05,
        )

    def mark_servers(self) -> None:
        """Say which nodes have a control plane, where there are others: requests from outside arrive there."""
        for name in self.servers:
            metadata = {"name": name, "labels": {CONTROL_PLANE: "true"}}
            self._client().apply({"apiVersion": "v1", "kind": "Node", "metadata": metadata})

    def _last_heartbeat(self, name: str) -> str | None:
        """When a node's kubelet last said that it lives; None where too few servers run for anybody to tell."""
        try:
            return heartbeat(self._client().get("node", name))
        except LabError:
            if name not in self.servers:
                raise
            return None

    def _undo(self, name: str) -> None:
        # What went wrong before says more than what goes wrong now, and may be why.
        with suppress(LabError), self._asking(f"{workers.REMOVE} {name}"):
            self._client().delete("node", name)

    def _client(self) -> Client:
        from lab_helpers.kube.client import Client

        return Client(self._layout.kubeconfig)

    def _log(self, program: str, *, lines: int = 5) -> str:
        log = self._layout.logs / f"{program}.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""

    def _asking(self, request: str) -> AbstractContextManager[tuple[str, socket.socket]]:
        older = _("knows nothing of nodes; an older version of the lab may have made the cluster")
        return asking(self._layout, request, older, seconds=_KEEPER_SECONDS)


class _Ended(LabError):
    """A node will not become Ready any more."""

    is_final = True

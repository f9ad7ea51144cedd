"""Nodes that join a running k3d cluster and leave it, as k3d's own command makes and deletes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from lab_helpers import locks, shell, wait
from lab_helpers.cluster.containers.docker import Docker
from lab_helpers.cluster.k3d import creation
from lab_helpers.cluster.k3d.layout import K3dLayout, K3dSpec
from lab_helpers.cluster.nodes import Nodes
from lab_helpers.errors import LabError
from lab_helpers.images import registry as registries
from lab_helpers.kube.conditions import heartbeat, is_ready
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from lab_helpers.kube.client import Client

__all__ = ["K3dNodes"]

_READY_SECONDS = 90.0
_DELETION_SECONDS = 40.0


class K3dNodes(Nodes):
    """The nodes of one k3d cluster.

    Args:
        layout: The cluster.
    """

    def __init__(self, layout: K3dLayout) -> None:
        self._layout = layout
        self.servers = (layout.containers[1],)

    def running(self) -> Mapping[str, bool]:
        """Whether each node's container runs."""
        docker = self._docker()
        running = docker.running(self._layout.label)
        return {name: name in running for name in docker.containers(self._layout.label)}

    def add(self, report: Callable[[str], None]) -> str:
        """Add an agent with the image of the server; what cannot be completed is deleted again."""
        with locks.exclusively(self._layout.directory / "nodes"):
            spec, name = K3dSpec.read(self._layout.spec), self._free()
            report(_("adding node {name}").format(name=name))
            try:
                shell.run(spec.add_command(name), env=spec.environment(), timeout=spec.seconds)
                creation.trust_registry(self._docker(), self._layout, registries.load(self._layout.registry))
                report(_("waiting for the node"))
                self._wait_ready(name)
            except BaseException:
                with suppress(LabError):  # what went wrong before says more
                    self._delete(name)
                    self._client().delete("node", name)
                raise
        return name

    def kill(self, name: str) -> None:
        """Have Docker kill a node's container, and leave it as it is."""
        with locks.exclusively(self._layout.directory / "nodes"):
            self._docker().kill(name)

    def start(self, name: str, report: Callable[[str], None]) -> None:
        """Have Docker start a node's container; its file of hosts is a new one each time."""
        with locks.exclusively(self._layout.directory / "nodes"):
            docker = self._docker()
            before = heartbeat(self._client().get("node", name))
            report(_("starting node {name} again").format(name=name))
            docker.start(name)
            try:
                creation.trust_registry(docker, self._layout, registries.load(self._layout.registry))
                report(_("waiting for the node"))
                self._wait_ready(name, before)
            except BaseException:
                docker.kill(name)
                raise

    def remove(self, name: str) -> None:
        """Have k3d delete a node's container, and its volumes with it."""
        with locks.exclusively(self._layout.directory / "nodes"):
            self._delete(name)

    def execute(self, name: str, argv: Sequence[str]) -> int:
        """Run a command in a node's container."""
        return self._docker().execute(name, argv)

    def _free(self) -> str:
        taken = set(self.running())
        numbers = range(1, len(taken) + 2)
        return next(name for name in map(self._layout.agent, numbers) if name not in taken)

    def _delete(self, name: str) -> None:
        spec = K3dSpec.read(self._layout.spec)
        shell.run(spec.remove_command(name), env=spec.environment(), timeout=_DELETION_SECONDS)

    def _wait_ready(self, name: str, last_heartbeat: str = "") -> None:
        client = self._client()

        def look() -> bool:
            node = client.get("node", name)
            return node is not None and is_ready(node) and heartbeat(node) != last_heartbeat

        step = f"docker logs {name}"
        wait.until(look, seconds=_READY_SECONDS, outcome="become Ready", object=name, next_step=step, every=0.2)

    def _docker(self) -> Docker:
        return Docker(K3dSpec.read(self._layout.spec).docker)

    def _client(self) -> Client:
        from lab_helpers.kube.client import Client

        return Client(self._layout.kubeconfig)

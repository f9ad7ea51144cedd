"""The embedded provider: how a cluster of processes is created, found again and deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from lab_helpers import paths
from lab_helpers.cluster import record
from lab_helpers.cluster.base import BaseAddons, OnRegistry, Report
from lab_helpers.cluster.embedded import configuration, creation, doctor, network
from lab_helpers.cluster.embedded.artifacts import gather
from lab_helpers.cluster.embedded.cluster import EmbeddedCluster
from lab_helpers.cluster.embedded.layout import END_SECONDS, EmbeddedLayout
from lab_helpers.cluster.findings import Finding
from lab_helpers.cluster.kept import KeptCluster
from lab_helpers.cluster.kept_provider import KeptProvider
from lab_helpers.errors import LabError
from lab_helpers.images.registry import Registry
from lab_helpers.language import gettext as _

__all__ = ["EmbeddedProvider"]

_SERVERS = (1, 3)


class EmbeddedProvider(KeptProvider[EmbeddedLayout]):
    """Upstream Kubernetes as processes in namespaces of this machine.

    Args:
        servers: How many servers the clusters get that it makes.
    """

    name = "embedded"
    capabilities = EmbeddedCluster.capabilities
    deletion_seconds = END_SECONDS

    def __init__(self, servers: int = 1) -> None:
        self._servers = servers

    def with_servers(self, count: int) -> EmbeddedProvider:
        """The provider of clusters with one server or three."""
        if count not in _SERVERS:
            reason = _("a lab has one server, or three: etcd goes on while most of its members do, so two outlive none")
            raise LabError(reason, object=f"--servers {count}", next_step="lab up --servers 3")
        return EmbeddedProvider(count)

    def doctor(self) -> Sequence[Finding]:
        """Say what it needs of this machine."""
        return doctor.findings()

    def trust_registry(self, name: str, registry: Registry) -> None:
        """Make its nodes resolve and trust a registry; they look at each pull, so it holds at once."""
        for node in self._get(name).nodes:
            configuration.trust_registry(node, registry)

    def _layout(self, name: str, directory: Path, details: Mapping[str, object]) -> EmbeddedLayout:
        return EmbeddedLayout(name, directory, int(str(details.get("network", 0))), int(str(details.get("servers", 1))))

    def _create(self, name: str, report: Report, base: BaseAddons, on_registry: OnRegistry) -> KeptCluster:
        artifacts = gather(base.programs, report)
        with self._reserved_network(name) as number:
            layout = replace(self._own_layout(name), network=number, servers=self._servers)
            early = EmbeddedCluster(layout)
            keeper = creation.create(
                layout, artifacts, report, lambda again: base.apply(early, again=again), on_registry
            )
        return EmbeddedCluster(layout, keeper)

    def _cluster(self, layout: EmbeddedLayout) -> KeptCluster:
        return EmbeddedCluster(layout)

    def _remove_remains(self, name: str) -> None:
        creation.remove_remains(self._find(name) or self._own_layout(name))

    def _reserved_network(self, name: str) -> AbstractContextManager[int]:
        layouts = (self._find_readable(other) for other in record.names() if other != name)
        used = (layout.network for layout in layouts if layout)
        return network.reserve_network(name, paths.cluster_directory(name), used)

    def _find_readable(self, name: str) -> EmbeddedLayout | None:
        try:
            return self._find(name)
        except LabError:  # one whose record cannot be read keeps its network by its route
            return None

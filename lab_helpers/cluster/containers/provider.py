"""What every provider of clusters of containers does the same way."""

from __future__ import annotations

import subprocess
from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from lab_helpers.cluster import control
from lab_helpers.cluster.base import BaseAddons, Capability, Entry, OnRegistry, Report
from lab_helpers.cluster.containers.docker import Docker, find
from lab_helpers.cluster.containers.layout import END_SECONDS, DockerLayout
from lab_helpers.cluster.kept import KeptCluster
from lab_helpers.cluster.kept_provider import KeptProvider
from lab_helpers.cluster.nodes import Nodes
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["DockerCluster", "DockerProvider"]

L = TypeVar("L", bound=DockerLayout)


class DockerCluster(KeptCluster):
    """One cluster of containers.

    Args:
        provider: The provider's name.
        layout: Where its files lie.
        keeper: As of every kept cluster.
        remove_remains: Removes what is left of it where its keeper was killed.
        publication: Tells where this machine reaches a port of its node.
        nodes: What adds nodes and removes them; None where nothing does.
    """

    def __init__(
        self,
        provider: str,
        layout: DockerLayout,
        keeper: subprocess.Popen[str] | None,
        remove_remains: Callable[[], None],
        publication: Callable[[int], str],
        nodes: Nodes | None = None,
    ) -> None:
        super().__init__(provider, layout, keeper, end_seconds=END_SECONDS, remove_remains=remove_remains)
        self._publication = publication
        self._nodes = nodes
        if nodes is not None:
            self.capabilities = KeptCluster.capabilities | {Capability.NODES}

    @property
    def nodes(self) -> Nodes | None:
        """What adds nodes to it and removes them."""
        return self._nodes

    @cached_property
    def entry(self) -> Entry:
        """The ports that its node publishes on this machine's loopback."""
        return Entry(http=self._publication(80), https=self._publication(443))


class DockerProvider(KeptProvider[L]):
    """Makes clusters of Docker's containers, and refuses what it did not make."""

    deletion_seconds = END_SECONDS

    @abstractmethod
    def _make(self, layout: L, docker: Docker, report: Report, apply_base: Callable[[], None]) -> subprocess.Popen[str]:
        """Create a cluster, or leave nothing; ``apply_base`` is called once its API server takes objects.

        Returns:
            Its keeper, whose pipe this process now holds.
        """

    @abstractmethod
    def _daemon(self, layout: L) -> Docker:
        """The daemon that a cluster was made on."""

    @abstractmethod
    def _node(self, layout: L) -> str:
        """The container that is a cluster's node."""

    @abstractmethod
    def _remove(self, layout: L) -> None:
        """Remove what a cluster left whose keeper was killed; raises where it cannot."""

    @abstractmethod
    def _in_the_way(self, layout: L, docker: Docker) -> list[str]:
        """What is called as the cluster's own will be."""

    def _create(self, name: str, report: Report, base: BaseAddons, on_registry: OnRegistry) -> KeptCluster:
        layout, docker = self._own_layout(name), find()
        self._refuse_foreign(layout, docker)
        early = self._cluster(layout)
        keeper = self._make(layout, docker, report, lambda: base.apply(early, again=True))
        cluster = self._cluster(layout, keeper)
        on_registry(cluster.registry)
        return cluster

    def _cluster(self, layout: L, keeper: subprocess.Popen[str] | None = None) -> KeptCluster:
        return DockerCluster(
            self.name,
            layout,
            keeper,
            remove_remains=lambda: self._remove(layout),
            publication=lambda port: self._daemon(layout).published(self._node(layout), port),
            nodes=self._nodes(layout),
        )

    def _nodes(self, layout: L) -> Nodes | None:
        """What adds nodes to a cluster; by default it has those that it was made with."""
        return None

    def _refuse_foreign(self, layout: L, docker: Docker) -> None:
        """What has no record was not made by this lab, whatever it is called, and is never deleted."""
        foreign = self._in_the_way(layout, docker)
        if foreign:
            raise LabError(
                _("is in the way: this lab did not make it"),
                object=_("{provider} cluster {cluster}").format(provider=self.name, cluster=layout.cluster),
                last_event=", ".join(foreign),
                next_step=f"lab up --provider {self.name} --name another-name",
            )

    def _remove_remains(self, name: str) -> None:
        layout = self._find(name)
        if layout is None:  # its keeper may be about to remove its last file
            control.wait_ended(self._own_layout(name).control, name, seconds=END_SECONDS)
        else:
            self._remove(layout)

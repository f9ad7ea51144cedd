"""What every provider does the same way whose clusters have a keeper."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Generic, TypeVar

from lab_helpers import paths
from lab_helpers.cluster import control, lab_lock, record
from lab_helpers.cluster.base import BaseAddons, Cluster, OnRegistry, Report, State, ignore_registry
from lab_helpers.cluster.findings import require
from lab_helpers.cluster.kept import KeptCluster, why_ended
from lab_helpers.cluster.layout import KeptLayout
from lab_helpers.cluster.loss import ClusterLost
from lab_helpers.cluster.names import check_name
from lab_helpers.cluster.provider import Provider
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["KeptProvider"]

L = TypeVar("L", bound=KeptLayout)


class KeptProvider(Provider, Generic[L]):
    """Finds clusters by their records, has their keepers delete them, and removes what a killed keeper left.

    Attributes:
        deletion_seconds: How long a keeper may take to delete its cluster.
    """

    capabilities = KeptCluster.capabilities
    deletion_seconds: float

    def create(self, name: str, report: Report, base: BaseAddons, on_registry: OnRegistry = ignore_registry) -> Cluster:
        """Create a cluster of one node; see ``Provider.create``."""
        with lab_lock.hold(check_name(name)):
            self.refuse_running(name)
            require(self.doctor())
            self._remove_remains(name)
            cluster = self._create(name, report, base, on_registry)
            record.complete(name)
            return cluster

    def attach(self, name: str) -> Cluster | None:
        """The running cluster of that name."""
        layout = self._find(name)
        if layout is None or not control.answers(layout.control):
            return None
        record.expect_complete(name)
        return self._cluster(layout)

    def state(self, name: str) -> State:
        """What has become of the cluster of that name."""
        layout = self._find(name)
        if layout is None:
            return State.ABSENT
        return State.RUNNING if control.answers(layout.control) else State.ENDED

    def loss(self, name: str) -> ClusterLost | None:
        """Why the cluster of that name has ended."""
        layout = self._find(name)
        return None if layout is None else why_ended(layout)

    def delete(self, name: str) -> None:
        """Delete the cluster of that name and whatever is left of it."""
        with lab_lock.hold(check_name(name), deletes=True):
            layout = self._find(name)
            if layout is not None and control.ask_to_delete(layout.control, name, seconds=self.deletion_seconds):
                record.remove(name)
            else:
                self._remove_remains(name)

    def kubeconfig(self, name: str) -> Path:
        """The administrator's kubeconfig."""
        return self._get(name).kubeconfig

    @abstractmethod
    def _layout(self, name: str, directory: Path, details: Mapping[str, object]) -> L:
        """Where a cluster keeps its files; ``details`` are those of its record, empty where it has none."""

    @abstractmethod
    def _create(self, name: str, report: Report, base: BaseAddons, on_registry: OnRegistry) -> KeptCluster:
        """Create a cluster, or leave nothing."""

    @abstractmethod
    def _cluster(self, layout: L) -> KeptCluster:
        """A cluster that runs."""

    @abstractmethod
    def _remove_remains(self, name: str) -> None:
        """Remove what a cluster left that ended by itself, or whose keeper was killed; raises where it cannot."""

    def _own_layout(self, name: str) -> L:
        return self._layout(name, paths.cluster_directory(name), {})

    def _find(self, name: str) -> L | None:
        entry = record.load(check_name(name))
        if entry is None or entry.provider != self.name:
            return None
        # As it was spelled then, for much is called after it; but no other place, whoever edited the record.
        directory, own = Path(str(entry.details["directory"])), paths.cluster_directory(name)
        return self._layout(name, directory if directory.resolve() == own.resolve() else own, entry.details)

    def _get(self, name: str) -> L:
        layout = self._find(name)
        if layout is None:
            next_step = f"lab up --provider {self.name} --name {name}"
            raise LabError(_("has no cluster"), object=_("lab {name}").format(name=name), next_step=next_step)
        return layout

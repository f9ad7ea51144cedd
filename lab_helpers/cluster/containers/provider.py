"""What every provider of clusters of containers does the same way."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Generic, TypeVar

from lab_helpers import paths
from lab_helpers.cluster import control, record
from lab_helpers.cluster.base import Cluster, OnRegistry, Provider, Report, State, ignore_registry
from lab_helpers.cluster.containers.docker import Docker, find
from lab_helpers.cluster.containers.layout import END_SECONDS, DockerLayout
from lab_helpers.cluster.findings import require
from lab_helpers.cluster.kept import KeptCluster, why_ended
from lab_helpers.cluster.loss import ClusterLost
from lab_helpers.cluster.names import check_name
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["DockerProvider"]

L = TypeVar("L", bound=DockerLayout)


class DockerProvider(Provider, Generic[L]):
    """Finds clusters by their records, refuses what it did not make, deletes what a killed keeper left."""

    capabilities = KeptCluster.capabilities

    def create(self, name: str, report: Report, on_registry: OnRegistry = ignore_registry) -> Cluster:
        """Create a cluster of one node; see ``Provider.create``."""
        with record.lock(check_name(name)):
            self.refuse_running(name)
            require(self.doctor())
            self._remove_remains(name)
            layout, docker = self._own_layout(name), find()
            self._refuse_foreign(layout, docker)
            cluster = self._create(layout, docker, report)
            record.complete(name)
            on_registry(cluster.registry)
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
        with record.lock(check_name(name), deletes=True):
            layout = self._find(name)
            if layout is not None and control.ask_to_delete(layout.control, name, seconds=END_SECONDS):
                record.remove(name)
            else:
                self._remove_remains(name)

    def kubeconfig(self, name: str) -> Path:
        """The administrator's kubeconfig."""
        return self._get(name).kubeconfig

    @abstractmethod
    def _layout(self, name: str, directory: Path) -> L:
        """Where a cluster keeps its files."""

    @abstractmethod
    def _create(self, layout: L, docker: Docker, report: Report) -> Cluster:
        """Create a cluster, or leave nothing."""

    @abstractmethod
    def _cluster(self, layout: L) -> Cluster:
        """A cluster that runs."""

    @abstractmethod
    def _remove(self, layout: L) -> None:
        """Remove what a cluster left whose keeper was killed; raises where it cannot."""

    @abstractmethod
    def _in_the_way(self, layout: L, docker: Docker) -> list[str]:
        """What is called as the cluster's own will be."""

    def _find(self, name: str) -> L | None:
        found = record.load(check_name(name))
        if found is None or found.provider != self.name:
            return None
        own = self._own_layout(name)
        # As it was spelled then, for the cluster is called after it; but no other place, whoever edited the record.
        directory = Path(str(found.details.get("directory", "")))
        return self._layout(name, directory) if directory.resolve() == own.directory.resolve() else own

    def _own_layout(self, name: str) -> L:
        return self._layout(name, paths.cluster_directory(name))

    def _get(self, name: str) -> L:
        layout = self._find(name)
        if layout is None:
            step = f"lab up --provider {self.name} --name {name}"
            raise LabError(_("has no cluster"), object=_("lab {name}").format(name=name), next_step=step)
        return layout

    def _refuse_foreign(self, layout: L, docker: Docker) -> None:
        """What has no record was not made by this lab, whatever it is called, and is never deleted."""
        found = self._in_the_way(layout, docker)
        if found:
            raise LabError(
                _("is in the way: this lab did not make it"),
                object=_("{provider} cluster {cluster}").format(provider=self.name, cluster=layout.cluster),
                last_event=", ".join(found),
                next_step=f"lab up --provider {self.name} --name another-name",
            )

    def _remove_remains(self, name: str) -> None:
        layout = self._find(name)
        if layout is None:  # its keeper may be about to remove its last file
            control.wait_ended(self._own_layout(name).control, name, seconds=END_SECONDS)
        else:
            self._remove(layout)

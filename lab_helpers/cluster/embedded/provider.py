"""The embedded provider: how a cluster of processes is created, found again and deleted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lab_helpers import paths
from lab_helpers.cluster import control, record
from lab_helpers.cluster.base import Cluster, OnRegistry, Provider, Report, State, ignore_registry
from lab_helpers.cluster.embedded import configuration, creation, doctor, network
from lab_helpers.cluster.embedded.cluster import EmbeddedCluster
from lab_helpers.cluster.embedded.layout import EmbeddedLayout
from lab_helpers.cluster.findings import Finding, require
from lab_helpers.cluster.kept import why_ended
from lab_helpers.cluster.loss import ClusterLost
from lab_helpers.cluster.names import check_name
from lab_helpers.errors import LabError
from lab_helpers.images.registry import Registry
from lab_helpers.language import gettext as _

__all__ = ["EmbeddedProvider"]


class EmbeddedProvider(Provider):
    """Upstream Kubernetes as processes in namespaces of this machine."""

    name = "embedded"
    capabilities = EmbeddedCluster.capabilities

    def doctor(self) -> Sequence[Finding]:
        """Say what it needs of this machine."""
        return doctor.findings()

    def create(self, name: str, report: Report, on_registry: OnRegistry = ignore_registry) -> Cluster:
        """Create a cluster of one node; see ``Provider.create``."""
        with record.lock(check_name(name)):
            self.refuse_running(name)
            require(self.doctor())
            _remove_remains(name)
            parts = creation.gather(report)
            layout = EmbeddedLayout(name, _directory(name), _free_network(name))
            cluster = EmbeddedCluster(layout, creation.create(layout, parts, report, on_registry))
            record.complete(name)
            return cluster

    def attach(self, name: str) -> Cluster | None:
        """The running cluster of that name."""
        layout = _find(name)
        if layout is None or not control.answers(layout.control):
            return None
        record.expect_complete(name)
        return EmbeddedCluster(layout)

    def state(self, name: str) -> State:
        """What has become of the cluster of that name."""
        layout = _find(name)
        if layout is None:
            return State.ABSENT
        return State.RUNNING if control.answers(layout.control) else State.ENDED

    def loss(self, name: str) -> ClusterLost | None:
        """Why the cluster of that name has ended."""
        layout = _find(name)
        return None if layout is None else why_ended(layout)

    def delete(self, name: str) -> None:
        """Delete the cluster of that name and whatever is left of it."""
        with record.lock(check_name(name), deletes=True):
            layout = _find(name)
            if layout is None or not control.ask_to_delete(layout.control, name):
                _remove_remains(name)
            record.remove(name)

    def kubeconfig(self, name: str) -> Path:
        """The administrator's kubeconfig."""
        return _get(name).kubeconfig

    def trust_registry(self, name: str, registry: Registry) -> None:
        """Make its nodes resolve and trust a registry; they look at each pull, so it holds at once."""
        configuration.trust_registry(_get(name).node(1), registry)


def _directory(name: str) -> Path:
    return paths.cluster_directory(name)


def _find(name: str) -> EmbeddedLayout | None:
    found = record.load(check_name(name))
    if found is None or found.provider != EmbeddedProvider.name:
        return None
    return EmbeddedLayout(name, Path(str(found.details["directory"])), int(str(found.details["network"])))


def _get(name: str) -> EmbeddedLayout:
    layout = _find(name)
    if layout is None:
        called = _("lab {name}").format(name=name)
        raise LabError(_("has no cluster"), object=called, next_step=f"lab up --name {name}")
    return layout


def _free_network(name: str) -> int:
    layouts = (_find_readable(other) for other in record.names() if other != name)
    return network.choose_network(name, _directory(name), (layout.network for layout in layouts if layout))


def _find_readable(name: str) -> EmbeddedLayout | None:
    try:
        return _find(name)
    except LabError:  # one whose record cannot be read keeps its network by its route
        return None


def _remove_remains(name: str) -> None:
    """Remove what a cluster left that ended by itself, or whose keeper was killed."""
    creation.remove_remains(_find(name) or EmbeddedLayout(name, _directory(name), 0))

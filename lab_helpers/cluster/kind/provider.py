"""kind behind the contract of every provider."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lab_helpers import paths
from lab_helpers.cluster import control, record
from lab_helpers.cluster.base import Cluster, Finding, Provider, Report, State, check_name, require
from lab_helpers.cluster.kind import creation, doctor, keeper, nodes
from lab_helpers.cluster.kind.cluster import KindCluster
from lab_helpers.cluster.kind.layout import END_SECONDS, Layout
from lab_helpers.errors import LabError
from lab_helpers.images.registry import Registry

__all__ = ["KindProvider"]


class KindProvider(Provider):
    """Makes clusters with kind, in containers called ``lab-NAME-…``; touches no other container or kubeconfig."""

    name = "kind"
    capabilities = KindCluster.capabilities

    def doctor(self) -> Sequence[Finding]:
        """Say what it needs of this machine."""
        return doctor.findings()

    def create(self, name: str, report: Report) -> Cluster:
        """Create a cluster of one node; see ``Provider.create``."""
        with record.lock(check_name(name)):
            if self.state(name) is State.RUNNING:
                raise LabError("is running already", object=f"lab {name}", next_step=f"lab status --name {name}")
            require(self.doctor())
            _remove_remains(name)
            layout = _layout(name)
            _refuse_foreign(layout)
            return KindCluster(layout, creation.create(layout, creation.gather(report), report))

    def attach(self, name: str) -> Cluster | None:
        """The running cluster of that name."""
        layout = _find(name)
        return KindCluster(layout) if layout is not None and control.answers(layout.control) else None

    def state(self, name: str) -> State:
        """What has become of the cluster of that name."""
        layout = _find(name)
        if layout is None:
            return State.ABSENT
        return State.RUNNING if control.answers(layout.control) else State.ENDED

    def delete(self, name: str) -> None:
        """Delete the cluster of that name and whatever is left of it."""
        with record.lock(check_name(name)):
            layout = _find(name)
            if layout is not None and control.ask_to_delete(layout.control, name, seconds=END_SECONDS):
                record.remove(name)
            else:
                _remove_remains(name)

    def kubeconfig(self, name: str) -> Path:
        """The administrator's kubeconfig."""
        return _get(name).kubeconfig

    def trust_registry(self, name: str, registry: Registry) -> None:
        """Make its nodes resolve and trust a registry; they look at each pull, so it holds at once."""
        nodes.trust_registry(_get(name).cluster, registry)


def _find(name: str) -> Layout | None:
    found = record.load(check_name(name))
    if found is None or found.provider != KindProvider.name:
        return None
    return Layout(name, Path(str(found.details["directory"])))


def _layout(name: str) -> Layout:
    return Layout(name, paths.state_directory(name) / "cluster")


def _get(name: str) -> Layout:
    layout = _find(name)
    if layout is None:
        raise LabError("has no cluster", object=f"lab {name}", next_step=f"lab up --provider kind --name {name}")
    return layout


def _refuse_foreign(layout: Layout) -> None:
    """What has no record was not made by this lab, whatever it is called, and is never deleted."""
    found = nodes.in_the_way(layout.cluster)
    if found:
        raise LabError(
            "is in the way: this lab did not make it",
            object=f"kind cluster {layout.cluster}",
            last_event=", ".join(found),
            next_step="lab up --provider kind --name another-name",
        )


def _remove_remains(name: str) -> None:
    """Remove what a cluster left whose keeper was killed."""
    layout = _find(name)
    if layout is None:
        control.wait_ended(_layout(name).control, name, seconds=END_SECONDS)  # it may be about to remove its last file
    else:
        keeper.remove_remains(layout)

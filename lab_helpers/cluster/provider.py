"""What every provider of clusters does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from lab_helpers.cluster.base import BaseAddons, Capability, Cluster, OnRegistry, Report, State, ignore_registry
from lab_helpers.cluster.findings import Finding
from lab_helpers.cluster.loss import ClusterLost
from lab_helpers.errors import LabError, NotSupported
from lab_helpers.images.registry import Registry
from lab_helpers.language import gettext as _

__all__ = ["Provider"]


class Provider(ABC):
    """A way to get a cluster. Five things: create, delete, kubeconfig, trust_registry, doctor.

    A provider never deletes what it did not create, and creates nothing outside what its record names.

    Attributes:
        name: As in ``--provider NAME``.
        capabilities: What its clusters can do beyond the contract.
    """

    name: str
    capabilities: frozenset[Capability]

    @abstractmethod
    def doctor(self) -> Sequence[Finding]:
        """Say what it needs here and whether it is there; quick, and changes nothing."""

    def with_servers(self, count: int) -> Provider:
        """The provider whose clusters begin with so many servers, each with a control plane.

        Raises:
            LabError: It makes no clusters with so many.
        """
        if count == 1:
            return self
        raise NotSupported(
            _("makes clusters with one server"),
            object=_("provider {name}").format(name=self.name),
            next_step=f"lab up --provider embedded --servers {count}",
        )

    @abstractmethod
    def create(self, name: str, report: Report, base: BaseAddons, on_registry: OnRegistry = ignore_registry) -> Cluster:
        """Create a cluster with a Ready node and a registry that its nodes trust as ``ghcr.io``.

        Args:
            name: The lab's name.
            report: Told what happens.
            base: Applied as soon as the API server takes objects; nobody waits until it is ready.
            on_registry: Told of the registry once it takes images, which may be long before the node is Ready.

        Raises:
            LabError: It exists already, is being created elsewhere, or could not be made; nothing is left half made.
        """

    @abstractmethod
    def attach(self, name: str) -> Cluster | None:
        """The running cluster of that name, as its record tells, else None; deleting it needs a kept one.

        Raises:
            LabError: It is still being created, by another process.
        """

    @abstractmethod
    def state(self, name: str) -> State:
        """What has become of the cluster of that name."""

    def loss(self, name: str) -> ClusterLost | None:
        """Why the cluster of that name has ended, and what to type; None where none has."""
        if self.state(name) is not State.ENDED:
            return None
        object_name = _("lab {name}").format(name=name)
        return ClusterLost(_("its cluster has ended"), object=object_name, next_step=f"lab up --name {name}")

    def refuse_running(self, name: str) -> None:
        """Make sure that no cluster of that name runs.

        Raises:
            LabError: One does.
        """
        if self.state(name) is State.RUNNING:
            object_name = _("lab {name}").format(name=name)
            raise LabError(_("is running already"), object=object_name, next_step=f"lab status --name {name}")

    @abstractmethod
    def delete(self, name: str) -> None:
        """Delete the cluster of that name and whatever is left of it; nothing to delete is no error."""

    @abstractmethod
    def kubeconfig(self, name: str) -> Path:
        """The private kubeconfig of the cluster of that name.

        Raises:
            LabError: There is no such cluster.
        """

    @abstractmethod
    def trust_registry(self, name: str, registry: Registry) -> None:
        """Make the nodes of that cluster resolve and trust ``registry`` as ``ghcr.io``."""

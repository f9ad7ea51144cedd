"""What every cluster does, and the words for it; handed out by providers (see ``provider``)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from lab_helpers.cluster.loss import ClusterLost
from lab_helpers.images.registry import Registry

if TYPE_CHECKING:
    from lab_helpers.cluster.checkpoints import Checkpoints
    from lab_helpers.cluster.nodes import Nodes
    from lab_helpers.kube.client import Client
    from lab_helpers.kube.transport import Object

__all__ = [
    "STORAGE_CLASS",
    "BaseAddons",
    "Capability",
    "Cluster",
    "EndWatch",
    "Entry",
    "OnRegistry",
    "Report",
    "State",
    "ignore_registry",
]

STORAGE_CLASS = "local-path"
"""The StorageClass of the template's claims, as k3s has it."""


class Capability(StrEnum):
    """What a provider can do beyond the contract; a notebook that needs one it lacks says so and skips."""

    NODES = "nodes"
    CHECKPOINTS = "checkpoints"
    NAMESPACES = "namespaces"
    """Make and delete namespaces, and what else belongs to all of a cluster: admission policies, storage classes."""
    SERVER = "server"
    """Run commands as root on the server that holds its etcd and its volumes, as over ssh."""
    BUILDS = "builds"
    """Build images, and push them to its registry: what the machine gives rather than the cluster."""
    FIXED_TAGS = "fixed-tags"
    """Refuse to give a tag of its registry another image, as the lab's own does; of a user's nobody here knows."""
    ENTRY = "entry"
    """Take requests from this machine on ports 80 and 443 of its node, where an Ingress controller listens."""
    CLUSTER_READ = "cluster-read"
    """Look at what lies outside the learner's namespaces: nodes, storage classes, volumes, other namespaces."""


class State(StrEnum):
    """What has become of a cluster."""

    ABSENT = "absent"
    RUNNING = "running"
    ENDED = "ended"


class Report(Protocol):
    """Where progress is told, one line at a time."""

    def __call__(self, line: str, /) -> None:
        """Tell the reader what happens now."""


@dataclass(frozen=True)
class Entry:
    """Where this machine reaches a cluster's node, each as ``ADDRESS:PORT`` of this machine's loopback.

    Attributes:
        http: Its port 80.
        https: Its port 443.
    """

    http: str
    https: str


OnRegistry = Callable[[Registry], None]
"""Told of a cluster's registry as soon as it takes images; returns at once, for the cluster is still being made."""


def ignore_registry(_registry: Registry) -> None:
    """Do nothing with a registry yet."""


class BaseAddons(Protocol):
    """Cluster DNS and storage, which no cluster is of use without; handed in by whoever asks for a cluster."""

    @property
    def programs(self) -> Sequence[str]:
        """The static programs whose images nodes hold before their first pod, where a provider can give them."""

    def apply(self, cluster: Cluster, *, again: bool = False) -> None:
        """Apply what does not come with the clusters of its provider anyway.

        Args:
            cluster: One whose API server takes objects; its node need not be Ready.
            again: Whether some of it may be there already.

        Raises:
            CommandFailed: It was refused, or the API server does not answer.
        """

    def wait_ready(self, cluster: Cluster, report: Report) -> None:
        """Wait until cluster DNS answers and a claim could be bound.

        Raises:
            WaitTimeout: It did not become so in time.
        """


class EndWatch(Protocol):
    """Somebody who waits for the end of a cluster that is in use."""

    def wait(self) -> ClusterLost | None:
        """Wait until the cluster has ended, and return why; None where ``close`` came first."""

    def close(self) -> None:
        """Wait no longer; may be called from any thread."""


class Cluster(ABC):
    """A running cluster in the hands of the process that asked for it.

    Until ``keep`` is called it belongs to this process and dies with it, whatever kills the process. As a context
    manager it deletes the cluster on the way out unless it was kept.

    Attributes:
        name: The lab's name.
        provider: The provider's name.
        capabilities: What it can do beyond the contract.
        storage_class: The StorageClass that claims name.
    """

    name: str
    provider: str
    capabilities: frozenset[Capability]
    storage_class = STORAGE_CLASS

    @property
    def directory(self) -> Path:
        """What it keeps on this machine; removed with it."""
        return self.kubeconfig.parent

    @property
    @abstractmethod
    def kubeconfig(self) -> Path:
        """A private file (mode 0600), never the user's own."""

    @property
    @abstractmethod
    def registry(self) -> Registry:
        """The registry its nodes know as ``ghcr.io``."""

    @abstractmethod
    def keep(self) -> None:
        """Hand the cluster over to its record on disk: it now lives until it is deleted by name."""

    @abstractmethod
    def delete(self) -> None:
        """Delete it and everything it owns, and return when nothing is left."""

    @abstractmethod
    def let_go(self) -> None:
        """Release what this process holds of it, as once it has ended by itself; one that runs unkept ends by that."""

    @property
    def node_images(self) -> Mapping[str, str]:
        """What its nodes hold from the start and nobody pulls: what a manifest calls an image, and its name there."""
        return {}

    @property
    def entry(self) -> Entry | None:
        """Where this machine reaches what listens for requests from outside; None where the lab has no part in that."""
        return None

    @property
    def nodes(self) -> Nodes | None:
        """What adds nodes to it and removes them while it runs; None where its provider cannot."""
        return None

    @property
    def checkpoints(self) -> Checkpoints | None:
        """What keeps its whole state and goes back to it; None where its provider cannot."""
        return None

    def read(self, path: str) -> Object | None:
        """What an address of the API holds, as in ``/apis/apps/v1``; None where there is nothing.

        Raises:
            LabError: There is no answer, or this user may not look.
        """
        return self._client.read(path)

    @abstractmethod
    def reset_namespaces(self, namespaces: Sequence[str], seconds: float) -> None:
        """Bring namespaces to where the workbook finds nothing of its own in them.

        Args:
            namespaces: Which; one that is not there is no error where namespaces can be made.
            seconds: How long each may take.

        Raises:
            WaitTimeout: Something of them is still there.
        """

    @cached_property
    def _client(self) -> Client:
        from lab_helpers.kube.client import Client

        return Client(self.kubeconfig)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.is_kept:
            self.delete()

    @abstractmethod
    def watch_end(self) -> EndWatch:
        """Begin to watch for its end, whoever or whatever brings it about."""

    @property
    @abstractmethod
    def is_kept(self) -> bool:
        """Whether it was handed over to its record."""

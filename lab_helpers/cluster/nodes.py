"""What a provider does whose clusters get further nodes and lose them while they run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

__all__ = ["CONTROL_PLANE", "Nodes"]

CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
"""The label of nodes with a control plane, as kubeadm and k3s set it."""


class Nodes(ABC):
    """The nodes of one running cluster, as the machine has them, whatever its API server says of them.

    Attributes:
        servers: The names of the nodes with a control plane, which go with the cluster only; the first one first.
    """

    servers: Sequence[str]

    @abstractmethod
    def running(self) -> Mapping[str, bool]:
        """Whether each node runs, by its name; one that has ended is there until it is removed.

        Raises:
            LabError: Nobody answers who knows.
        """

    def members(self) -> Mapping[str, bool]:
        """Whether the member of etcd on each server answers; nothing where nobody can tell.

        Raises:
            LabError: Nobody answers who knows.
        """
        return {}

    @abstractmethod
    def add(self, report: Callable[[str], None]) -> str:
        """Add a node, wait until it is Ready, and return its name.

        Raises:
            LabError: It could not be added; nothing of it is left.
        """

    @abstractmethod
    def kill(self, name: str) -> None:
        """End a node at once, as if its power went; its object in the API server and all that it keeps stay.

        Raises:
            LabError: It could not be ended.
        """

    @abstractmethod
    def start(self, name: str, report: Callable[[str], None]) -> None:
        """Start a node that has ended, with all that it keeps, and wait until its kubelet says Ready again.

        Raises:
            LabError: It could not be started; it has ended, and keeps what it has.
        """

    @abstractmethod
    def remove(self, name: str) -> None:
        """End a node and remove all that it keeps, its volumes included; its object in the API server stays.

        Raises:
            LabError: It could not be ended.
        """

    @abstractmethod
    def execute(self, name: str, argv: Sequence[str]) -> int:
        """Run a command on a node, as root, with this process's standard streams, and return its exit code.

        Raises:
            LabError: The node does not run.
        """

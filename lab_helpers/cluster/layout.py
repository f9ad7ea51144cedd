"""Where a cluster keeps its files on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["ClusterLayout", "KeptLayout"]


@dataclass(frozen=True)
class ClusterLayout:
    """The files of a cluster.

    Args:
        name: The lab's name.
        directory: Where they lie; removed with the cluster.
    """

    name: str
    directory: Path

    @property
    def kubeconfig(self) -> Path:
        """The lab's kubeconfig, mode 0600."""
        return self.directory / "kubeconfig"

    @property
    def registry(self) -> Path:
        """The directory of the registry that its nodes know as ghcr.io."""
        return self.directory / "registry"


@dataclass(frozen=True)
class KeptLayout(ClusterLayout):
    """The files of a cluster with a keeper."""

    @property
    def control(self) -> Path:
        """The socket on which the keeper takes requests."""
        return self.directory / "control"

    @property
    def logs(self) -> Path:
        """What the cluster's programs and the keeper print, one file each."""
        return self.directory / "logs"

    @property
    def spec(self) -> Path:
        """What the keeper is to run."""
        return self.directory / "spec.json"

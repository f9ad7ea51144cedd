"""Where one kind cluster lives: its files, its name in Docker, and what its keeper is told."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["END_SECONDS", "Layout", "Spec"]

END_SECONDS = 60.0
"""How long a keeper may take to delete its cluster: Docker stops the node and removes its volume."""


@dataclass(frozen=True)
class Layout:
    """What one cluster owns.

    Args:
        name: The lab's name.
        directory: Where it keeps its files; removed with the cluster.
    """

    name: str
    directory: Path

    @property
    def cluster(self) -> str:
        """The cluster's name for kind, in the names of its containers, and its network's."""
        return f"lab-{self.name}"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.directory / "kubeconfig"

    @property
    def config(self) -> Path:
        """What kind is asked to make."""
        return self.directory / "kind.yaml"

    @property
    def registry(self) -> Path:
        """The registry that stands for ghcr.io."""
        return self.directory / "registry"

    @property
    def control(self) -> Path:
        """The socket on which the keeper takes requests."""
        return self.directory / "control"

    @property
    def created(self) -> Path:
        """Holds kind's exit status once `kind create cluster` has ended."""
        return self.directory / "created"

    @property
    def logs(self) -> Path:
        """What kind, the registry and the keeper print, one file each."""
        return self.directory / "logs"

    @property
    def spec(self) -> Path:
        """What the keeper is to run."""
        return self.directory / "spec.json"

    def environment(self) -> dict[str, str]:
        """What every call of kind needs, so that it neither reads nor writes what is the user's.

        The network is the cluster's own: kind's would stay behind, and whose it then is nobody could tell.
        """
        return {
            "KIND_EXPERIMENTAL_PROVIDER": "docker",
            "KIND_EXPERIMENTAL_DOCKER_NETWORK": self.cluster,
            "KUBECONFIG": str(self.kubeconfig),
        }


@dataclass(frozen=True)
class Spec:
    """What the keeper is to run; plain values.

    Attributes:
        name: The lab's name.
        directory: What is removed when the cluster is deleted.
        record: The record that is removed with it.
        kind: kind's program.
        image: The node image.
    """

    name: str
    directory: str
    record: str
    kind: str
    image: str

    @property
    def layout(self) -> Layout:
        """Where the cluster lives."""
        return Layout(self.name, Path(self.directory))

    def create_command(self) -> list[str]:
        """Create the cluster; whether it becomes ready is for the lab to see, kind would only print it."""
        options = {"config": self.layout.config, "image": self.image, "wait": "0"}
        return [*self._command("create"), *(f"--{name}={value}" for name, value in options.items())]

    def delete_command(self) -> list[str]:
        """Delete the cluster; none is no error to kind."""
        return self._command("delete")

    def write(self, path: Path) -> None:
        """Write it as JSON, whole or not at all."""
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(asdict(self), indent=2))
        part.replace(path)

    @classmethod
    def read(cls, path: Path) -> Spec:
        """Read what ``write`` wrote."""
        return cls(**json.loads(path.read_text()))

    def _command(self, verb: str) -> list[str]:
        layout = self.layout
        return [self.kind, verb, "cluster", f"--name={layout.cluster}", f"--kubeconfig={layout.kubeconfig}"]

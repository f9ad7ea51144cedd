"""Where one kind cluster lives, and what its keeper is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab_helpers import proxies
from lab_helpers.cluster.containers import layout as shared
from lab_helpers.images.registry import HOST

__all__ = ["KindLayout", "KindSpec"]


@dataclass(frozen=True)
class KindLayout(shared.DockerLayout):
    """What one cluster owns; its network is called as the cluster is."""

    @property
    def config(self) -> Path:
        """What kind is asked to make."""
        return self.directory / "kind.yaml"


@dataclass(frozen=True)
class KindSpec(shared.DockerSpec):
    """What the keeper is to run; ``program`` is kind's."""

    @property
    def layout(self) -> KindLayout:
        """Where the cluster lives."""
        return KindLayout(self.name, Path(self.directory))

    def create_command(self) -> list[str]:
        """Create the cluster; whether it becomes ready is for the lab to see, kind would only print it."""
        options = {"config": self.layout.config, "image": self.image, "wait": "0"}
        return [*self._command("create"), *(f"--{name}={value}" for name, value in options.items())]

    def delete_command(self) -> list[str]:
        """Delete the cluster; none is no error to kind."""
        return self._command("delete")

    def environment(self) -> dict[str, str]:
        """What every call of kind needs, so that it neither reads nor writes what is the user's.

        The network is the cluster's own: kind's would stay behind, and whose it then is nobody could tell.
        """
        return {
            **self.docker,
            "KIND_EXPERIMENTAL_PROVIDER": "docker",
            "KIND_EXPERIMENTAL_DOCKER_NETWORK": self.layout.cluster,
            "KUBECONFIG": str(self.layout.kubeconfig),
            **proxies.bypass(HOST),  # kind gives the nodes this machine's proxies
        }

    def _command(self, verb: str) -> list[str]:
        layout = self.layout
        return [self.program, verb, "cluster", f"--name={layout.cluster}", f"--kubeconfig={layout.kubeconfig}"]

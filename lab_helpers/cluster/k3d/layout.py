"""Where one k3d cluster lives, what it is called in Docker, and what its keeper is told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab_helpers.cluster.containers import layout as shared
from lab_helpers.versions import K3D_TOOLS_IMAGE

__all__ = ["K3dLayout", "K3dSpec"]


@dataclass(frozen=True)
class K3dLayout(shared.DockerLayout):
    """What one cluster owns."""

    @property
    def label(self) -> str:
        """The label of its containers and volumes."""
        return f"k3d.cluster={self.cluster}"

    @property
    def containers(self) -> tuple[str, str]:
        """The names of its containers: the one that prepares and goes, the one that stays."""
        return f"k3d-{self.cluster}-tools", f"k3d-{self.cluster}-server-0"

    def agent(self, number: int) -> str:
        """The container, and so the node, that k3d makes where it is asked for an agent of that number."""
        return f"k3d-{self.cluster}-agent-{number}-0"

    @property
    def network(self) -> str:
        """Docker's network that k3d makes for it."""
        return f"k3d-{self.cluster}"

    @property
    def settings(self) -> Path:
        """A directory that k3d takes for the user's settings."""
        return self.directory / "settings"


@dataclass(frozen=True)
class K3dSpec(shared.DockerSpec):
    """What the keeper is to run; ``program`` is k3d's.

    Attributes:
        port: The port of this machine's loopback under which the API server is reached.
        entry_ports: Those under which ports of the node are, where an Ingress controller listens, by the node's.
        seconds: What k3d may take to make the cluster.
    """

    port: int
    entry_ports: Mapping[str, int]
    seconds: int

    @property
    def layout(self) -> K3dLayout:
        """Where the cluster lives."""
        return K3dLayout(self.name, Path(self.directory))

    def create_command(self) -> list[str]:
        """Create the cluster: one server and nothing before it, reached from this machine only.

        Storage lies below ``/data``, as the architecture has it. Traefik is left out: the lab's own add-on
        is configured alike with every provider. The kubelet brings what changes in a mounted Secret to its pods
        within a second or two, not within its default of a minute: somebody waits for Prometheus to see it.
        """
        command = [self.program, "cluster", "create", self.layout.cluster]
        options = {
            "image": self.image,
            "servers": "1",
            "agents": "0",
            "api-port": f"127.0.0.1:{self.port}",  # by default every address of this machine
            "timeout": f"{self.seconds}s",
            "kubeconfig-update-default": "false",
            "kubeconfig-switch-context": "false",
        }
        arguments = ("--default-local-storage-path=/data", "--disable=traefik", "--kubelet-arg=sync-frequency=1s")
        command += ["--wait", "--no-lb", *(f"--{name}={value}" for name, value in options.items())]
        entries = [f"--port=127.0.0.1:{own}:{node}@server:0:direct" for node, own in self.entry_ports.items()]
        return command + entries + [f"--k3s-arg={argument}@server:0" for argument in arguments]

    def add_command(self, node: str) -> list[str]:
        """Add an agent, of the server's image; k3d puts something before its name and after it."""
        name = node.removeprefix("k3d-").removesuffix("-0")
        options = [f"--cluster={self.layout.cluster}", "--role=agent", "--wait", f"--timeout={self.seconds}s"]
        return [self.program, "node", "create", name, *options]

    def remove_command(self, node: str) -> list[str]:
        """Delete a node."""
        return [self.program, "node", "delete", node]

    def delete_command(self) -> list[str]:
        """Delete the cluster; none is no error to k3d."""
        return [self.program, "cluster", "delete", self.layout.cluster]

    def kubeconfig_command(self) -> list[str]:
        """Print the administrator's kubeconfig."""
        return [self.program, "kubeconfig", "get", self.layout.cluster]

    def environment(self) -> dict[str, str]:
        """What every call of k3d needs, so that it neither reads nor writes what is the user's.

        Deleting a cluster, k3d takes it out of the default kubeconfig and looks for one of its own below the settings.
        It takes any of its options from a variable, empty ones excepted; the user's K3D_FIX_… are about their machine.
        DOCKER_SOCK is the daemon's socket where its containers find it, which is this one but for Docker Desktop.
        """
        theirs = (name for name in os.environ if name.startswith("K3D_") and not name.startswith("K3D_FIX_"))
        socket = self.docker.get("DOCKER_HOST", "").partition("unix://")[2]
        mounted = {"DOCKER_SOCK": socket} if socket and "DOCKER_SOCK" not in os.environ else {}
        return dict.fromkeys(theirs, "") | {
            **self.docker,
            **mounted,
            "KUBECONFIG": str(self.layout.kubeconfig),
            "XDG_CONFIG_HOME": str(self.layout.settings),
            "K3D_IMAGE_TOOLS": K3D_TOOLS_IMAGE,
        }

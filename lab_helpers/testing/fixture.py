"""What a test gets: one namespace of one cluster, and the means to work on it."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lab_helpers import proxies, shell
from lab_helpers.cluster.base import Cluster
from lab_helpers.images.registry import Registry
from lab_helpers.kube.client import Client
from lab_helpers.kube.configuration import load_configuration
from lab_helpers.redact import Redactor
from lab_helpers.testing.forwarding import forwarded

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

__all__ = ["LabFixture", "tell"]

_KUBECTL_SECONDS = 120.0
_log = logging.getLogger("lab")


def tell(line: str) -> None:
    """Tell progress where pytest shows it: in the log of the test that waited for it."""
    _log.info(line)


class LabFixture:
    """One namespace of a cluster.

    Attributes:
        name: The lab's name.
        provider: Who made its cluster.
        namespace: Where ``kubectl`` works unless told otherwise.
        kubeconfig_path: A private kubeconfig whose namespace that is.
        registry: The registry that the nodes know as ``ghcr.io``.
        cluster: The cluster.
        redactor: Hides what a report must not show: also once the cluster is gone, and its password file with it.
    """

    def __init__(self, cluster: Cluster, namespace: str = "default", kubeconfig: Path | None = None) -> None:
        self.name = cluster.name
        self.provider = cluster.provider
        self.namespace = namespace
        self.kubeconfig_path = kubeconfig or cluster.kubeconfig
        self.registry: Registry = cluster.registry
        self.cluster = cluster
        self.redactor = Redactor([self.registry.password])

    @cached_property
    def kubectl_path(self) -> Path:
        """The kubectl that ``kubectl`` runs, for a command of one's own: give it ``kubeconfig_path``."""
        from lab_helpers import programs

        return programs.resolve(tell, "kubectl")["kubectl"]

    @cached_property
    def client(self) -> Client:
        """The cluster's objects, as plain dictionaries."""
        return Client(self.kubeconfig_path)

    @cached_property
    def api(self) -> ApiClient:
        """The cluster for the ``kubernetes`` package: ``kubernetes.client.CoreV1Api(lab.api)``."""
        from kubernetes.client import ApiClient

        return ApiClient(load_configuration(self.kubeconfig_path))

    def kubectl(self, *arguments: str | Path, input: str | None = None, seconds: float = _KUBECTL_SECONDS) -> str:  # noqa: A002
        """Run kubectl in this namespace and return what it printed.

        Args:
            arguments: As on a command line; ``-n`` names another namespace.
            input: What it reads from standard input.
            seconds: How long it may take.

        Raises:
            CommandFailed: It failed; the message is what it said.
        """
        return shell.run(self._kubectl(*arguments), env=self._environment, input=input, timeout=seconds).stdout

    def port_forward(
        self, target: str, remote_port: int, *arguments: str, local_port: int | None = None
    ) -> AbstractContextManager[int]:
        """A port of this machine that leads to one of a pod or a Service, for as long as the ``with`` lasts.

        Args:
            target: As in ``service/web``.
            remote_port: The Service's or the pod's.
            arguments: Further ones for ``kubectl port-forward``.
            local_port: This machine's; by default one that is free.

        Raises:
            LabError: There is no such thing, or it cannot be reached.
        """
        ports = f"{local_port or ''}:{remote_port}"
        command = self._kubectl("port-forward", "--address=127.0.0.1", target, ports, *arguments)
        return forwarded(command, self._environment, target)

    def load_docker_image(self, image: str | Path) -> str:
        """Give the cluster an image, and return the reference under which pods of this namespace get it.

        Args:
            image: One that Docker, or else buildah, has here; or the path of an archive as ``docker save`` writes it.

        Raises:
            LabError: There is no such image.
        """
        from lab_helpers.testing.images import load

        return load(image, self.registry)

    def _kubectl(self, *arguments: str | Path) -> list[str | Path]:
        return [self.kubectl_path, f"--kubeconfig={self.kubeconfig_path}", *arguments]

    @property
    def _environment(self) -> dict[str, str]:
        # What kubectl keeps goes with the cluster, and what its user prefers is not for tests.
        kubectl = {"KUBECACHEDIR": str(self.cluster.directory / "kubectl"), "KUBERC": "off"}
        return kubectl | proxies.bypass()

    def __repr__(self) -> str:
        return f"<lab {self.name}, namespace {self.namespace}>"

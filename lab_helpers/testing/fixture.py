"""The fixture object of a test: one namespace of a cluster, with clients for it."""

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
from lab_helpers.testing.forwarding import forward

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

__all__ = ["LabFixture", "log_progress"]

_KUBECTL_SECONDS = 120.0
_log = logging.getLogger("lab")


def log_progress(line: str) -> None:
    """Log a progress line; pytest shows it with the test that waited."""
    _log.info(line)


class LabFixture:
    """One namespace of a cluster.

    Attributes:
        name: The lab's name.
        provider: The cluster's provider.
        namespace: The default namespace of ``kubectl``.
        kubeconfig_path: A private kubeconfig with that default namespace.
        registry: The registry that nodes resolve as ``ghcr.io``.
        cluster: The cluster.
        redactor: Masks secrets in reports, also after the cluster and its password file are deleted.
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
        """The path of kubectl, for commands of your own; pass it ``kubeconfig_path``."""
        from lab_helpers import programs

        return programs.resolve(log_progress, "kubectl")["kubectl"]

    @cached_property
    def client(self) -> Client:
        """A client whose objects are plain dictionaries."""
        return Client(self.kubeconfig_path)

    @cached_property
    def api(self) -> ApiClient:
        """A client for the ``kubernetes`` package: ``kubernetes.client.CoreV1Api(lab.api)``."""
        from kubernetes.client import ApiClient

        return ApiClient(load_configuration(self.kubeconfig_path))

    def kubectl(self, *arguments: str | Path, input: str | None = None, seconds: float = _KUBECTL_SECONDS) -> str:  # noqa: A002
        """Run kubectl in this namespace and return its standard output.

        Args:
            arguments: As on the command line; ``-n`` selects another namespace.
            input: Its standard input.
            seconds: The timeout.

        Raises:
            CommandFailed: It failed; the message is its output.
        """
        return shell.run(self._kubectl(*arguments), env=self._environment, input=input, timeout=seconds).stdout

    def port_forward(
        self, target: str, remote_port: int, *arguments: str, local_port: int | None = None
    ) -> AbstractContextManager[int]:
        """Forward a local port to a pod or a Service for the context, and yield it.

        Args:
            target: As in ``service/web``.
            remote_port: The port of the Service or the pod.
            arguments: Further arguments for ``kubectl port-forward``.
            local_port: The local port; by default a free one.

        Raises:
            LabError: The target does not exist or is unreachable.
        """
        ports = f"{local_port or ''}:{remote_port}"
        command = self._kubectl("port-forward", "--address=127.0.0.1", target, ports, *arguments)
        return forward(command, self._environment, target)

    def load_docker_image(self, image: str | Path) -> str:
        """Push a local image to the cluster's registry, and return the reference for pods of this namespace.

        Args:
            image: A reference in the storage of Docker, or else buildah; or the path of a ``docker save`` archive.

        Raises:
            LabError: There is no such image.
        """
        from lab_helpers.testing.images import load

        return load(image, self.registry)

    def _kubectl(self, *arguments: str | Path) -> list[str | Path]:
        return [self.kubectl_path, f"--kubeconfig={self.kubeconfig_path}", *arguments]

    @property
    def _environment(self) -> dict[str, str]:
        # kubectl's cache is deleted with the cluster, and the user's kuberc must not affect tests.
        kubectl = {"KUBECACHEDIR": str(self.cluster.directory / "kubectl"), "KUBERC": "off"}
        return kubectl | proxies.bypass()

    def __repr__(self) -> str:
        return f"<lab {self.name}, namespace {self.namespace}>"

"""The session's cluster with the interface of pytest-kind's fixture, for tests written for that."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lab_helpers import shell
from lab_helpers.errors import CommandFailed, LabError, NotSupported
from lab_helpers.language import gettext as _
from lab_helpers.testing.fixture import LabFixture, log_progress

if TYPE_CHECKING:
    from pykube.http import HTTPClient

__all__ = ["KindCluster"]

_RETRIES = 10  # what pytest-kind's signature says; nothing is tried twice here


class KindCluster:
    """A stand-in for ``pytest_kind.KindCluster``, whoever made the cluster.

    Making and deleting it is the session's: ``create`` finds it there, and ``delete`` leaves it.

    Args:
        lab: The session's cluster, as the fixture ``lab_cluster`` gives it.

    Attributes:
        name: The lab's name.
        image: The node image that was asked for: none.
        kubeconfig_path: The cluster's private kubeconfig.
        platform: The system's name, as ``linux``.
    """

    def __init__(self, lab: LabFixture) -> None:
        self.name = lab.name
        self.image: str | None = None
        self.kubeconfig_path = lab.kubeconfig_path
        self.platform = platform.system().lower()
        self._lab = lab

    @cached_property
    def path(self) -> Path:
        """A directory for files that are to go with the cluster."""
        directory = self._lab.cluster.directory / "tests"
        directory.mkdir(mode=0o700, exist_ok=True)
        return directory

    @cached_property
    def kubectl_path(self) -> Path:
        """The kubectl that fits the cluster."""
        return self._lab.kubectl_path

    @cached_property
    def kind_path(self) -> Path:
        """The kind that made the cluster.

        Raises:
            NotSupported: Something else did.
        """
        from lab_helpers import programs

        if self._lab.provider != "kind":
            object_name = _("lab {name}").format(name=self.name)
            raise NotSupported(_("was not made by kind"), object=object_name, next_step="--lab-provider kind")
        return programs.resolve(log_progress, "kind")["kind"]

    @cached_property
    def api(self) -> HTTPClient:
        """The cluster for the ``pykube`` package, which pytest-kind brings along.

        Raises:
            LabError: It is not installed.
        """
        try:
            from pykube.config import KubeConfig
            from pykube.http import HTTPClient
        except ImportError as error:
            raise LabError(_("is not installed"), object="pykube-ng", next_step="uv pip install pykube-ng") from error
        return HTTPClient(KubeConfig.from_file(self.kubeconfig_path))  # type: ignore[no-untyped-call]

    def ensure_kind(self) -> None:
        """Have kind there; see ``kind_path``."""
        assert self.kind_path

    def ensure_kubectl(self) -> None:
        """Have kubectl there."""
        assert self.kubectl_path

    def create(self, config_file: str | Path | None = None) -> None:
        """Nothing to do: the cluster is there already, however pytest-kind would have been told to make it."""

    def delete(self) -> None:
        """Nothing yet: the cluster is deleted when the session ends, or stays if it ran before."""

    def load_docker_image(self, docker_image: str) -> str:
        """Give the cluster an image; see ``LabFixture.load_docker_image``. Unlike pytest-kind's, it has to be named so.

        Returns:
            The reference under which pods get it.
        """
        return self._lab.load_docker_image(docker_image)

    def kubectl(
        self,
        *args: str,
        input: str | None = None,  # noqa: A002 - theirs, as are the others
        timeout: float | None = None,
        cwd: str | Path | None = None,
        env: Mapping[str, str] | None = None,
        stderr: int | None = None,
    ) -> str:
        """Run kubectl and return what it printed.

        Args:
            args: As on a command line.
            input: What it reads from standard input.
            timeout: Seconds that it may take.
            cwd: Where it runs.
            env: Variables added to this process's own.
            stderr: ``subprocess.STDOUT`` to have what it complained of behind what it printed.

        Raises:
            subprocess.CalledProcessError: It failed.
            subprocess.TimeoutExpired: It ran out of time.
        """
        command: list[str | Path] = [self.kubectl_path, *args]
        environment = {**self._lab._environment, **(env or {}), "KUBECONFIG": str(self.kubeconfig_path)}
        try:
            completed = shell.run(
                command, env=environment, input=input, timeout=timeout, cwd=Path(cwd) if cwd else None
            )
        except CommandFailed as error:
            if isinstance(error.__cause__, subprocess.TimeoutExpired):
                raise error.__cause__ from None
            raise subprocess.CalledProcessError(error.returncode, error.argv, error.output, error.output) from None
        return completed.stdout + completed.stderr if stderr == subprocess.STDOUT else completed.stdout

    def port_forward(
        self,
        service_or_pod_name: str,
        remote_port: int,
        *args: str,
        local_port: int | None = None,
        retries: int = _RETRIES,
    ) -> AbstractContextManager[int]:
        """A port of this machine that leads to one of a pod or a Service; see ``LabFixture.port_forward``."""
        return self._lab.port_forward(service_or_pod_name, remote_port, *args, local_port=local_port)

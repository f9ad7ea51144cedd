"""Keep secret values out of what the learner's commands print."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from lab_helpers.cluster.base import Capability, Cluster
from lab_helpers.errors import LabError
from lab_helpers.kube.client import Client
from lab_helpers.kube.transport import Object
from lab_helpers.redact import Redactor, remember
from lab_helpers.workbook.learner import secret_values

__all__ = ["Secrecy", "cluster_secrets"]

_UNREAD = {".git", "node_modules"}


class Secrecy:
    """The secrets of one session: the registry's passwords, the cluster's Secrets, the workspace's secret files.

    What it learns it also tells to the run that this session is part of, which masks all else.

    Args:
        passwords: The registry's.
        workspace: Where the learner works.
        read_secrets: Reads the Secrets of the cluster; raises a LabError where it does not answer.
    """

    def __init__(
        self, passwords: Iterable[str], workspace: Path, read_secrets: Callable[[], Iterable[Object]] = tuple
    ) -> None:
        self._workspace = workspace
        self._read_secrets = read_secrets
        self._known: set[str] = set()
        self._times: dict[Path, int] = {}
        self._learn(passwords)
        self._redactor = Redactor.from_environment().extended(self._known)

    def redactor(self) -> Redactor:
        """A redactor of all that is secret by now."""
        self._learn_from_files()
        # Of a cluster that has gone nothing new is to be known, and whoever asks next is told that it has.
        with suppress(LabError):
            for secret in self._read_secrets():
                self._learn(secret_values.of_secret(secret))
        self._redactor = Redactor.from_environment().extended(self._known)
        return self._redactor

    def line(self, line: str) -> str:
        """A line that a command prints without what is secret by now, in files that the same command made, too."""
        if any(_time(path) != time for path, time in self._times.items()):
            known = len(self._known)
            self._learn_from_files()
            if len(self._known) > known:
                self._redactor = self._redactor.extended(self._known)
        return self._redactor.text(line)

    def _learn_from_files(self) -> None:
        self._times = {}
        for directory, names, files in os.walk(self._workspace):
            names[:] = [name for name in names if name not in _UNREAD]
            variables = [Path(directory, name) for name in files if name.endswith(".env")]
            self._times |= {path: _time(path) for path in (Path(directory), *variables)}
            for file in variables:
                with suppress(OSError):  # deleted meanwhile
                    self._learn(secret_values.of_file(file))

    def _learn(self, values: Iterable[str]) -> None:
        for value in values:
            if value not in self._known:
                self._known.add(value)
                remember(value)


def cluster_secrets(cluster: Cluster, namespaces: Sequence[str]) -> Callable[[], Iterator[Object]]:
    """What reads the Secrets of a cluster; where it may not look elsewhere, those in the lab's namespaces.

    Args:
        cluster: The lab's.
        namespaces: The lab's.
    """
    client = Client(cluster.kubeconfig, patience_seconds=0)

    def read() -> Iterator[Object]:
        for namespace in [None] if Capability.CLUSTER_READ in cluster.capabilities else namespaces:
            yield from client.list("secret", namespace)

    return read


def _time(path: Path) -> int:
    """When a file or a directory was last changed; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0

"""A running embedded cluster in the hands of the process that made it, or found by its record."""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from lab_helpers import wait
from lab_helpers.cluster import record
from lab_helpers.cluster.base import Cluster
from lab_helpers.cluster.embedded import addons
from lab_helpers.cluster.embedded.layout import Layout
from lab_helpers.cluster.embedded.readiness import ApiServer
from lab_helpers.errors import LabError
from lab_helpers.images.registry import Registry, load

__all__ = ["EmbeddedCluster", "ask_to_delete", "is_kept_up"]


class EmbeddedCluster(Cluster):
    """One embedded cluster.

    Args:
        layout: What it owns.
        keeper: The keeper this process started and whose pipe it holds; None for a cluster found by its record.
    """

    provider = "embedded"

    def __init__(self, layout: Layout, keeper: subprocess.Popen[str] | None = None) -> None:
        self.name = layout.name
        self._layout = layout
        self._keeper = keeper

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, mode 0600."""
        return self._layout.kubeconfig

    @property
    def registry(self) -> Registry:
        """The registry its nodes know as ``ghcr.io``."""
        return load(self._layout.registry)

    @property
    def is_kept(self) -> bool:
        """Whether it goes on without this process."""
        return self._keeper is None

    def keep(self) -> None:
        """Hand it over to its record."""
        if self._keeper is not None:
            assert self._keeper.stdin is not None
            self._keeper.stdin.write("keep\n")
            self._keeper.stdin.close()
            self._keeper.returncode = 0  # no longer this process's child to wait for
            self._keeper = None

    def delete(self) -> None:
        """Delete it, and return when nothing is left."""
        ask_to_delete(self._layout)
        if self._keeper is not None:
            assert self._keeper.stdin is not None
            self._keeper.stdin.close()
            self._keeper.wait(timeout=30)
            self._keeper = None
        record.remove(self.name)

    def wait_usable(self, seconds: float) -> None:
        """Wait until cluster DNS and storage are available."""
        api = ApiServer(self._layout)
        for name, namespace in addons.DEPLOYMENTS:
            wait.until(
                lambda name=name, namespace=namespace: api.is_available(name, namespace),  # type: ignore[misc]
                seconds=seconds,
                what="become available",
                object=f"deployment/{name}",
                next_step=f"kubectl --kubeconfig {self.kubeconfig} -n {namespace} describe pods",
            )


def is_kept_up(layout: Layout) -> bool:
    """Whether the keeper of a cluster answers."""
    try:
        _connect(layout).close()
    except OSError:
        return False
    return True


def ask_to_delete(layout: Layout, *, seconds: float = 30) -> bool:
    """Ask the keeper to delete its cluster and wait until it has; False when there is no keeper to ask.

    Raises:
        LabError: It did not finish in time.
    """
    try:
        client = _connect(layout)
    except OSError:
        return False
    with client, suppress(ConnectionError):
        client.settimeout(seconds)
        client.sendall(b"delete\n")
        try:
            client.recv(64)
        except TimeoutError as error:
            raise LabError(
                f"was not deleted within {seconds:g} s",
                object=f"lab {layout.name}",
                next_step=f"tail {layout.logs}/keeper.log",
            ) from error
    return True


def _connect(layout: Layout) -> socket.socket:
    # By way of an open directory, because a socket's path may be 108 bytes long and a home directory longer.
    directory = os.open(layout.control.parent, os.O_PATH)
    try:
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(f"/proc/self/fd/{directory}/{layout.control.name}")
        except OSError:
            client.close()
            raise
        return client
    finally:
        os.close(directory)

"""A running embedded cluster in the hands of the process that made it, or found by its record."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lab_helpers import wait
from lab_helpers.cluster import control, record
from lab_helpers.cluster.base import Cluster
from lab_helpers.cluster.embedded import addons
from lab_helpers.cluster.embedded.layout import Layout
from lab_helpers.cluster.embedded.readiness import ApiServer
from lab_helpers.images.registry import Registry, load

__all__ = ["EmbeddedCluster"]


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
        control.ask_to_delete(self._layout.control, self.name)
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

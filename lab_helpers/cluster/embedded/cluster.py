"""A running embedded cluster in the hands of the process that made it, or found by its record."""

from __future__ import annotations

import subprocess

from lab_helpers import wait
from lab_helpers.cluster.embedded import addons, creation
from lab_helpers.cluster.embedded.layout import END_SECONDS, EmbeddedLayout
from lab_helpers.cluster.embedded.readiness import ApiServer
from lab_helpers.cluster.kept import KeptCluster

__all__ = ["EmbeddedCluster"]


class EmbeddedCluster(KeptCluster):
    """One embedded cluster.

    Args:
        layout: What it owns.
        keeper: The keeper this process started and whose pipe it holds; None for a cluster found by its record.
    """

    provider = "embedded"
    _layout: EmbeddedLayout

    def __init__(self, layout: EmbeddedLayout, keeper: subprocess.Popen[str] | None = None) -> None:
        super().__init__(
            layout, keeper, end_seconds=END_SECONDS, remove_remains=lambda: creation.remove_remains(layout)
        )

    def wait_usable(self, seconds: float) -> None:
        """Wait until cluster DNS and storage are available."""
        api = ApiServer(self._layout)
        for name, namespace in addons.DEPLOYMENTS:
            wait.until(
                lambda name=name, namespace=namespace: api.is_available(name, namespace),  # type: ignore[misc]
                seconds=seconds,
                outcome="become available",
                object=f"deployment/{name}",
                next_step=f"kubectl --kubeconfig {self.kubeconfig} -n {namespace} describe pods",
            )

"""A running kind cluster in the hands of the process that made it, or found by its record."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from lab_helpers import wait
from lab_helpers.cluster.kept import KeptCluster
from lab_helpers.cluster.kind import keeper as keepers
from lab_helpers.cluster.kind import storage
from lab_helpers.cluster.kind.layout import END_SECONDS, Layout

if TYPE_CHECKING:
    from lab_helpers.kube.client import Client

__all__ = ["KindCluster"]

_DEPLOYMENTS = (("coredns", "kube-system"), (storage.PROVISIONER, storage.NAMESPACE))


class KindCluster(KeptCluster):
    """One kind cluster.

    Args:
        layout: What it owns.
        keeper: The keeper this process started and whose pipe it holds; None for a cluster found by its record.
    """

    provider = "kind"

    def __init__(self, layout: Layout, keeper: subprocess.Popen[str] | None = None) -> None:
        super().__init__(layout, keeper, end_seconds=END_SECONDS, remove_remains=lambda: keepers.remove_remains(layout))

    def wait_usable(self, seconds: float) -> None:
        """Wait until cluster DNS and storage are available."""
        from lab_helpers.kube.client import Client

        client = Client(self.kubeconfig)
        for name, namespace in _DEPLOYMENTS:
            wait.until(
                lambda name=name, namespace=namespace: _is_available(client, name, namespace),  # type: ignore[misc]
                seconds=seconds,
                what="become available",
                object=f"deployment/{name}",
                next_step=f"kubectl --kubeconfig {self.kubeconfig} -n {namespace} describe pods",
                every=0.2,
            )


def _is_available(client: Client, name: str, namespace: str) -> bool:
    found = client.get("deployment", name, namespace) or {}
    status = found.get("status", {})
    # All of the newest template's pods, and no older one beside them: storage is restarted with new paths.
    wanted = found.get("spec", {}).get("replicas")
    seen = found.get("metadata", {}).get("generation") == status.get("observedGeneration")
    return bool(seen and status.get("updatedReplicas") == status.get("availableReplicas") == wanted)

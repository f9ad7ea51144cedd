"""When a cluster of containers is usable: the deployments it cannot do without are available."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from lab_helpers import wait

if TYPE_CHECKING:
    from lab_helpers.kube.client import Client

__all__ = ["wait_available"]


def wait_available(kubeconfig: Path, deployments: Iterable[tuple[str, str]], seconds: float) -> None:
    """Wait until all pods of deployments are available.

    Args:
        kubeconfig: Where the cluster is.
        deployments: Each as name and namespace.
        seconds: How long each may take.

    Raises:
        WaitTimeout: One did not become so in time.
    """
    from lab_helpers.kube.client import Client

    client = Client(kubeconfig)
    for name, namespace in deployments:
        wait.until(
            lambda name=name, namespace=namespace: _is_available(client, name, namespace),  # type: ignore[misc]
            seconds=seconds,
            outcome="become available",
            object=f"deployment/{name}",
            next_step=f"kubectl --kubeconfig {kubeconfig} -n {namespace} describe pods",
            every=0.2,
        )


def _is_available(client: Client, name: str, namespace: str) -> bool:
    found = client.get("deployment", name, namespace)
    if found is None:
        return False  # k3s makes its own after the API server answers
    status = found.get("status", {})
    # All of the newest template's pods, and no older one beside them: storage is restarted with new paths.
    wanted = found["spec"]["replicas"]
    seen = found["metadata"]["generation"] == status.get("observedGeneration")
    return bool(seen and status.get("updatedReplicas") == status.get("availableReplicas") == wanted)

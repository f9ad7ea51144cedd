"""Which pods of a cluster are Ready, and when they are so again that ran when its state was kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from lab_helpers import wait
from lab_helpers.cluster.base import Cluster
from lab_helpers.kube.conditions import is_ready
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = ["ready_pods", "wait_ready_again"]

_SECONDS = 120.0
_MOST_NAMED = 5


def ready_pods(cluster: Cluster) -> list[str]:
    """The pods that are Ready, as ``NAMESPACE/NAME``.

    Raises:
        LabError: The API server does not answer.
    """
    return sorted(name for name, pod in _pods(cluster).items() if is_ready(pod))


def wait_ready_again(cluster: Cluster, names: Collection[str], since: float) -> None:
    """Wait until pods are Ready whose containers have started since a moment; those that are gone by then are not.

    Args:
        cluster: The cluster.
        names: The pods, as ``NAMESPACE/NAME``.
        since: The moment, as seconds since the epoch: what a restored object says of the time before is no longer so.

    Raises:
        WaitTimeout: One is not.
    """
    missing: list[str] = []

    def are_ready() -> bool:
        pods = _pods(cluster)
        missing[:] = [name for name in names if name in pods and not _is_ready_since(pods[name], since)]
        return not missing

    wait.until(
        are_ready,
        seconds=_SECONDS,
        outcome="become Ready",
        object=_("pods of lab {name}").format(name=cluster.name),
        last_event=lambda: ", ".join(missing[:_MOST_NAMED]),
        next_step="kubectl get pods -A",
        every=0.1,
    )


def _pods(cluster: Cluster) -> dict[str, Object]:
    pods = (cluster.read("/api/v1/pods") or {}).get("items", [])
    return {f"{pod['metadata']['namespace']}/{pod['metadata']['name']}": pod for pod in pods}


def _is_ready_since(pod: Object, since: float) -> bool:
    if pod["status"].get("phase") in ("Succeeded", "Failed") or "deletionTimestamp" in pod["metadata"]:
        return True  # its time is over
    states = [status.get("state", {}) for status in pod["status"].get("containerStatuses", [])]
    begun = [state["running"]["startedAt"] for state in states if "running" in state]
    is_new = bool(begun) and all(datetime.fromisoformat(moment).timestamp() >= int(since) for moment in begun)
    return is_new and is_ready(pod)

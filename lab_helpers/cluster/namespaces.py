"""Delete namespaces with all that is in them, without the graces that nobody is waiting for."""

from __future__ import annotations

from collections.abc import Sequence

from lab_helpers import wait
from lab_helpers.cluster import volumes
from lab_helpers.kube.client import Client
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = ["remove"]

_GRACE_SECONDS = 1  # 0 would only forget a pod, which could still write to a volume that is being removed


def remove(client: Client, namespaces: Sequence[str], seconds: float) -> None:
    """Delete namespaces, their pods at once, and the volumes of their claims with what they hold.

    The namespace controller begins after 5 s. A pod that is left then, or a claim, which waits for its pods, has it
    look again only after half of the pod's grace, or 8 s.

    Args:
        client: The cluster.
        namespaces: Which; one that is not there is no error.
        seconds: How long each may take.

    Raises:
        WaitTimeout: Something of them is still there.
    """
    volumes.release(client, namespaces)
    for namespace in namespaces:  # from then on nothing new is made in it
        client.delete("namespace", namespace, wait_seconds=0)
    for claim in _within("pvc", client, namespaces):
        client.delete("pvc", claim["metadata"]["name"], claim["metadata"]["namespace"], wait_seconds=0)
    _end_pods(client, namespaces, seconds)
    for namespace in namespaces:
        client.delete("namespace", namespace, wait_seconds=seconds)
    volumes.wait_removed(client, namespaces, seconds)


def _end_pods(client: Client, namespaces: Sequence[str], seconds: float) -> None:
    ended: set[str] = set()

    def is_empty() -> bool:
        pods = _within("pod", client, namespaces)
        for pod in pods:
            metadata = pod["metadata"]
            if metadata["uid"] not in ended:
                client.delete(
                    "pod", metadata["name"], metadata["namespace"], wait_seconds=0, grace_seconds=_GRACE_SECONDS
                )
                ended.add(metadata["uid"])
        return not pods

    wait.until(
        is_empty,
        seconds=seconds,
        outcome="go away",
        object=_("pods of {namespaces}").format(namespaces=", ".join(namespaces)),
        last_event=lambda: ", ".join(pod["metadata"]["name"] for pod in _within("pod", client, namespaces)),
        next_step="kubectl get pods --all-namespaces",
        every=0.2,
    )


def _within(kind: str, client: Client, namespaces: Sequence[str]) -> list[Object]:
    return [item for item in client.list(kind) if item["metadata"]["namespace"] in namespaces]

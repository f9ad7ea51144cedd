"""Remove the volumes of namespaces with what lies in them, also where their class would retain it."""

from __future__ import annotations

from collections.abc import Sequence

from lab_helpers import wait
from lab_helpers.kube.client import Client
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = ["release", "wait_removed"]


def release(client: Client, namespaces: Sequence[str]) -> None:
    """Let the volumes of claims in these namespaces be deleted by their provisioner once the claims are gone.

    Also those whose claim is gone already: a retained directory is what the next claim of that name would get.
    """
    for volume in _volumes(client, namespaces):
        if volume["spec"].get("persistentVolumeReclaimPolicy") != "Delete":
            client.apply(
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolume",
                    "metadata": {"name": volume["metadata"]["name"]},
                    "spec": {"persistentVolumeReclaimPolicy": "Delete"},
                }
            )


def wait_removed(client: Client, namespaces: Sequence[str], seconds: float) -> None:
    """Return when the volumes of claims in these namespaces are gone, and so what was in them.

    Raises:
        WaitTimeout: One is still there; only its provisioner removes it.
    """
    remaining: list[str] = []

    def is_removed() -> bool:
        remaining[:] = [
            f"{volume['metadata']['name']} ({volume.get('status', {}).get('phase', '')})"
            for volume in _volumes(client, namespaces)
        ]
        return not remaining

    wait.until(
        is_removed,
        seconds=seconds,
        outcome="be removed",
        object=_("volumes of {namespaces}").format(namespaces=", ".join(namespaces)),
        last_event=lambda: _("still there: {left}").format(left=", ".join(remaining)),
        next_step="kubectl get pv",
        every=0.2,
    )


def _volumes(client: Client, namespaces: Sequence[str]) -> list[Object]:
    return [volume for volume in client.list("pv") if volume["spec"].get("claimRef", {}).get("namespace") in namespaces]

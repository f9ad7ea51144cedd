"""A pod that cannot start, told from one that is on its way."""

from __future__ import annotations

from collections.abc import Set

from lab_helpers.errors import CheckFailed
from lab_helpers.kube.client import Client
from lab_helpers.kube.diagnose import explain_pod, waiting_reasons
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course import mistakes

__all__ = ["NOT_PULLED", "STUCK", "why_stuck"]

NOT_PULLED = frozenset(("ErrImagePull", "ImagePullBackOff", "InvalidImageName"))
"""What a container waits for that gets no image."""

STUCK = NOT_PULLED | {"CreateContainerConfigError"}
"""The same, or a Secret or ConfigMap that is not there."""

_PULL_SECRET = "ghcr-secret"  # noqa: S105 - a name


def why_stuck(client: Client, pod: Object, hint: str, reasons: Set[str] = STUCK) -> CheckFailed | None:
    """Why time alone will not start a pod; None where it may.

    Args:
        client: The cluster.
        pod: The pod.
        hint: What to look for where it is not the pull secret that is missing.
        reasons: What time does not heal.
    """
    if waiting_reasons(pod).isdisjoint(reasons):
        return None
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    hint, next_step = mistakes.without_pull_secret(client, _PULL_SECRET, namespace) or (
        hint,
        f"kubectl -n {namespace} events --for pod/{name}",
    )
    reason = explain_pod(pod, client.events(namespace, f"pod/{name}"))
    return CheckFailed(_("every pod to start"), seen=f"{name}: {reason}", hint=hint, next_step=next_step)

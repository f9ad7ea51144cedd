"""The rollout status and the revisions of a Deployment."""

from __future__ import annotations

from dataclasses import dataclass

from lab_helpers.errors import LabError
from lab_helpers.kube.client import Client
from lab_helpers.kube.conditions import condition
from lab_helpers.kube.selectors import selector_text
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = [
    "Revision",
    "RolloutStatus",
    "pods_selector",
    "revision_of",
    "revisions",
    "status",
    "status_of",
]

_REVISION = "deployment.kubernetes.io/revision"
_EARLIER = "deployment.kubernetes.io/revision-history"


@dataclass(frozen=True)
class RolloutStatus:
    """The status of a Deployment's rollout.

    Attributes:
        revision: The Deployment's current revision.
        replicas: Desired replicas.
        updated: Pods of the current revision.
        ready: Ready pods of any revision.
        available: Pods that have been Ready for minReadySeconds.
        is_complete: Whether every pod is of that revision and available, and no other pod exists.
        is_stalled: Whether it made no progress for the Deployment's progressDeadlineSeconds.
        message: The status in one sentence.
    """

    revision: int
    replicas: int
    updated: int
    ready: int
    available: int
    is_complete: bool
    is_stalled: bool
    message: str


@dataclass(frozen=True)
class Revision:
    """A revision in a Deployment's rollout history.

    Attributes:
        number: As in ``kubectl rollout undo --to-revision``.
        image: The image of its first container.
        replicas: Its current number of pods.
        replicaset: The name of its ReplicaSet.
        earlier: The numbers it had before it was rolled back to, oldest first.
    """

    number: int
    image: str
    replicas: int
    replicaset: str
    earlier: tuple[int, ...] = ()


def status(client: Client, name: str, namespace: str) -> RolloutStatus:
    """The current rollout status of a Deployment.

    Raises:
        LabError: There is no such Deployment.
    """
    return status_of(_deployment(client, name, namespace))


def status_of(deployment: Object) -> RolloutStatus:
    """The rollout status in a Deployment object."""
    status = deployment.get("status", {})
    desired = deployment["spec"].get("replicas", 1)
    updated, ready, available, all_pods = (
        status.get(key, 0) for key in ("updatedReplicas", "readyReplicas", "availableReplicas", "replicas")
    )
    # Until the controller has observed the last generation, its numbers are about the one before.
    is_observed = status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
    progress = condition(deployment, "Progressing")
    is_complete = is_observed and updated == available == all_pods == desired
    is_stalled = is_observed and not is_complete and progress.get("reason") == "ProgressDeadlineExceeded"
    counts = _("{updated} of {wanted} updated, {available} available, {old} old").format(
        updated=updated, wanted=desired, available=available, old=all_pods - updated
    )
    message = _("complete") if is_complete else progress.get("message", _("not started")) if is_stalled else counts
    return RolloutStatus(revision_of(deployment), desired, updated, ready, available, is_complete, is_stalled, message)


def revisions(client: Client, name: str, namespace: str) -> list[Revision]:
    """The revisions of a Deployment, oldest first.

    Raises:
        LabError: There is no such Deployment.
    """
    deployment = _deployment(client, name, namespace)
    owned = [
        item
        for item in client.list("replicaset", namespace, pods_selector(deployment))
        if any(owner["uid"] == deployment["metadata"]["uid"] for owner in _owners(item))
    ]
    return sorted(map(_revision, owned), key=lambda revision: revision.number)


def revision_of(item: Object) -> int:
    """The revision number in the annotation of a Deployment or ReplicaSet; 0 before it has one."""
    return int(item["metadata"].get("annotations", {}).get(_REVISION, 0))


def pods_selector(deployment: Object) -> str:
    """The Deployment's selector in the syntax of ``kubectl get -l``."""
    return selector_text(deployment["spec"]["selector"])


def _deployment(client: Client, name: str, namespace: str) -> Object:
    deployment = client.get("deployment", name, namespace)
    if deployment is None:
        raise LabError(
            _("not found in namespace {namespace}").format(namespace=namespace),
            object=f"deployment/{name}",
            next_step=f"kubectl -n {namespace} get deployments",
        )
    return deployment


def _owners(item: Object) -> list[Object]:
    return list(item["metadata"].get("ownerReferences", []))


def _revision(replicaset: Object) -> Revision:
    earlier = replicaset["metadata"].get("annotations", {}).get(_EARLIER, "")
    return Revision(
        number=revision_of(replicaset),
        image=replicaset["spec"]["template"]["spec"]["containers"][0]["image"],
        replicas=replicaset.get("status", {}).get("replicas", 0),
        replicaset=replicaset["metadata"]["name"],
        earlier=tuple(int(number) for number in earlier.split(",") if number),
    )

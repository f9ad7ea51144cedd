"""The namespaces that are the lab's: labelled by an administrator, emptied of what the lab made, never deleted."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence

from lab_helpers import wait
from lab_helpers.errors import Forbidden, LabError
from lab_helpers.kube.client import Client
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = [
    "LABEL",
    "LABEL_VALUE",
    "MARKER",
    "claim",
    "empty",
    "expect_free",
    "expect_labelled",
    "release",
    "take_back",
]

LABEL, LABEL_VALUE = "kubernetes-lab/workbook", "true"
"""What an administrator puts on a namespace whose content the lab may delete."""

MARKER = "kubernetes-lab"
"""The ConfigMap that remembers what was in a namespace before the lab."""

# What a learner may make (see ``rights``), in the order in which it goes: first what makes other things anew.
_KINDS = (
    "deployment",
    "statefulset",
    "cronjob",
    "job",
    "pod",
    "service",
    "configmap",
    "secret",
    "pvc",
    "networkpolicy",
    "poddisruptionbudget",
    "serviceaccount",
)
# Every namespace has them, and gets them again.
_CLUSTERS_OWN = (("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default"))
# What the workbook's manifests carry.
_PART_OF = ("app.kubernetes.io/part-of", "kubernetes-lab")
_TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - a Secret's type


def expect_labelled(client: Client, namespaces: Sequence[str]) -> None:
    """Make sure that every one of them is there and the lab's.

    Raises:
        LabError: One is not there, not to be seen, or not labelled; the lab touches nothing in it.
    """
    for namespace in namespaces:
        try:
            manifest = client.get("namespace", namespace)
        except Forbidden:  # as for any name without a Role of one's own, whether it is there or not
            manifest = None
        if manifest is None:
            raise LabError(
                _("is not there, or not for this user to see"),
                object=_("namespace {namespace}").format(namespace=namespace),
                next_step=f"lab admin-manifest | kubectl apply -f -   # {_('as an administrator of the cluster')}",
            )
        if manifest["metadata"].get("labels", {}).get(LABEL) != LABEL_VALUE:
            label, may_be = f"{LABEL}={LABEL_VALUE}", _("if all in it may be deleted")
            raise LabError(
                _("is not the lab's: it lacks the label {label}, and the lab touches nothing in it").format(
                    label=label
                ),
                object=_("namespace {namespace}").format(namespace=namespace),
                next_step=f"kubectl label namespace {namespace} {label}   # {may_be}",
            )


def expect_free(client: Client, makes: Mapping[str, Collection[str]]) -> None:
    """Make sure that nothing of somebody else's is called as what the workbook makes: it would be changed.

    Args:
        client: The cluster.
        makes: What the workbook makes in each namespace, as ``deployment/web``.

    Raises:
        LabError: Something is.
    """
    for namespace, names in makes.items():
        marker = client.get("configmap", MARKER, namespace)
        before = None if marker is None else _noted(marker)
        for item in _all_objects(client, namespace):
            about, name = item["metadata"], f"{item['kind'].lower()}/{item['metadata']['name']}"
            # What an operator keeps is somebody's whenever it came: the workbook makes nothing that has an owner.
            if name in names and (before is None or about["uid"] in before or about.get("ownerReferences")):
                raise LabError(
                    _("has {name} already; the workbook makes one of that name, and would change it").format(name=name),
                    object=_("namespace {namespace}").format(namespace=namespace),
                    next_step=f"kubectl -n {namespace} delete {name}   # {_('if nobody needs it')}",
                )


def claim(client: Client, namespaces: Sequence[str]) -> None:
    """Note in each what is there already and stays; a note that a killed lab left is as good as on its day."""
    for namespace in namespaces:
        if client.get("configmap", MARKER, namespace) is None:
            before = [item["metadata"]["uid"] for item in _objects(client, namespace)]
            about = {"name": MARKER, "namespace": namespace}
            data = {"before": json.dumps(before)}
            client.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": data})


def empty(client: Client, namespaces: Sequence[str], seconds: float) -> None:
    """Delete what came into them since they were claimed, and return when it is gone.

    Args:
        client: The cluster.
        namespaces: Which; each must have been claimed.
        seconds: How long each may take.

    Raises:
        LabError: One is not the lab's, or no note tells what was there before.
        WaitTimeout: Something is still there.
    """
    expect_labelled(client, namespaces)
    before = {namespace: _before(client, namespace) for namespace in namespaces}
    for namespace in namespaces:  # all at once, then wait for each
        for item in _new_objects(client, namespace, before[namespace]):
            client.delete(item["kind"], item["metadata"]["name"], namespace, wait_seconds=0, with_dependents=True)
    for namespace in namespaces:
        _wait_empty(client, namespace, before[namespace], seconds)


def release(client: Client, namespaces: Sequence[str]) -> None:
    """Take the notes away: the namespaces are as they were before they were claimed."""
    for namespace in namespaces:
        client.delete("configmap", MARKER, namespace)


def take_back(client: Client, namespaces: Sequence[str], seconds: float) -> None:
    """Empty and release those that were claimed so far; see ``empty``."""
    claimed = [namespace for namespace in namespaces if client.get("configmap", MARKER, namespace) is not None]
    empty(client, claimed, seconds)
    release(client, claimed)


def _before(client: Client, namespace: str) -> frozenset[str]:
    marker = client.get("configmap", MARKER, namespace)
    if marker is None:
        yours = _("delete what is the lab's")
        raise LabError(
            _("nothing tells what was there before the lab: the note is gone, so nothing is deleted"),
            object=_("{name} in namespace {namespace}").format(name=f"configmap/{MARKER}", namespace=namespace),
            next_step=f"kubectl -n {namespace} get all,configmaps,secrets,pvc   # {yours}",
        )
    return _noted(marker)


def _noted(marker: Object) -> frozenset[str]:
    try:
        return frozenset(json.loads(marker["data"]["before"]))
    except (KeyError, TypeError, ValueError) as error:
        namespace, name = marker["metadata"]["namespace"], f"configmap/{MARKER}"
        raise LabError(
            _("is called as the lab's note, and is none"),
            object=_("{name} in namespace {namespace}").format(name=name, namespace=namespace),
            next_step=f"kubectl -n {namespace} get {name} -o yaml",
        ) from error


def _wait_empty(client: Client, namespace: str, before: frozenset[str], seconds: float) -> None:
    remaining: list[str] = []

    def is_empty() -> bool:
        remaining[:] = [
            f"{item['kind'].lower()}/{item['metadata']['name']}" for item in _new_objects(client, namespace, before)
        ]
        return not remaining

    wait.until(
        is_empty,
        seconds=seconds,
        outcome="become empty",
        object=_("namespace {namespace}").format(namespace=namespace),
        last_event=lambda: _("still there: {left}").format(left=", ".join(remaining)),
        next_step=f"kubectl -n {namespace} get all,configmaps,secrets,pvc",
        every=0.2,
    )


def _new_objects(client: Client, namespace: str, before: frozenset[str]) -> list[Object]:
    return [
        item
        for item in _objects(client, namespace)
        if item["metadata"]["uid"] not in before and not _is_foreign_account(item)
    ]


def _is_foreign_account(item: Object) -> bool:
    """Whether it is an account that an administrator has made since, as for the learner, and not the workbook's."""
    key, value = _PART_OF
    return bool(item["kind"] == "ServiceAccount" and item["metadata"].get("labels", {}).get(key) != value)


def _objects(client: Client, namespace: str) -> Iterator[Object]:
    """What somebody made: not what follows an owner, not what the cluster keeps in every namespace."""
    return (item for item in _all_objects(client, namespace) if not item["metadata"].get("ownerReferences"))


def _all_objects(client: Client, namespace: str) -> Iterator[Object]:
    for kind in _KINDS:
        for item in client.list(kind, namespace):
            about = (item["kind"], item["metadata"]["name"])
            is_note = about in (*_CLUSTERS_OWN, ("ConfigMap", MARKER)) or item.get("type") == _TOKEN
            if not is_note:
                yield item

"""Which pods of a repository something selects, and whether all of them are known."""

from __future__ import annotations

from lab_helpers.policy.manifests.deployment import Deployment
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.objects import Manifest, Pods
from lab_helpers.policy.manifests.selecting import Selector

__all__ = ["is_known", "selected"]

_OF_THE_CLUSTER = ("kube-system", "kube-public", "kube-node-lease")


def selected(stock: Inventory, manifest: Manifest, selector: Selector) -> list[Pods]:
    """The pods of a repository that an object selects in its namespace, judged or not."""
    label = next(iter(selector.labels.items()), None)
    candidates = stock.manifests if label is None else stock.pods_by_label.get(label, [])
    return [
        other.pods
        for other in candidates
        if other.pods is not None and is_near(manifest, other) and selector.matches(other.pods.labels)
    ]


def is_near(manifest: Manifest, other: Manifest) -> bool:
    """Whether two objects may be in one namespace."""
    return manifest.namespace == other.namespace or not (manifest.namespace and other.namespace)


def is_known(deployment: Deployment, manifest: Manifest, selector: Selector, *, is_peer: bool = False) -> bool:
    """Whether the pods that an object means would be written in its deployment, if they were anywhere.

    Not so where charts or operators make pods beside it, where part of the deployment is unknown, where it has no pods
    at all, and for pods of the cluster itself.

    Args:
        deployment: Where the object is deployed.
        manifest: The object.
        selector: What it selects them by.
        is_peer: Whether they are others than those it is for.
    """
    if deployment.gaps or manifest.namespace in _OF_THE_CLUSTER:
        return False
    pods = [each for each in deployment.manifests if each.pods is not None and is_near(manifest, each)]
    if deployment.kustomization is None:
        around = manifest.origin.file.rpartition("/")[0].rpartition("/")[0]
        pods = [each for each in pods if each.origin.file.startswith(f"{around}/" if around else "")]
    if not pods:
        return False
    if not deployment.makers_near(manifest) and not deployment.may_make(
        "Pod", "Deployment", "StatefulSet", "DaemonSet"
    ):
        return True
    if is_peer:
        return False
    # An object that is called as a workload beside it, and selects by the same keys, means that workload.
    return any(
        each.name == manifest.name and each.pods is not None and set(selector.labels) <= set(each.pods.labels)
        for each in pods
    )

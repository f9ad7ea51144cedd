"""What lies on a node: the pods that would have to go elsewhere, and the claims whose data cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lab_helpers.kube.client import Client
from lab_helpers.kube.selectors import selector_text
from lab_helpers.kube.transport import Object

__all__ = [
    "Claim",
    "Holdup",
    "claims_by_node",
    "claims_on",
    "holdups",
    "lone_pods",
    "movable_pods",
    "reclaimed_volumes",
]

_HOSTNAME = "kubernetes.io/hostname"
_MIRROR = "kubernetes.io/config.mirror"


@dataclass(frozen=True)
class Claim:
    """A claim whose volume is a directory of one node.

    Attributes:
        namespace: Its namespace.
        name: Its name.
        volume: Its PersistentVolume.
    """

    namespace: str
    name: str
    volume: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Holdup:
    """A pod that a PodDisruptionBudget allows nobody to evict now.

    Attributes:
        namespace: Of both.
        pod: The pod.
        budget: The PodDisruptionBudget.
        healthy: How many pods it counts as healthy.
        desired: How many have to stay so.
    """

    namespace: str
    pod: str
    budget: str
    healthy: int
    desired: int


def claims_by_node(client: Client) -> dict[str, list[Claim]]:
    """The claims that are bound to volumes of nodes, by the name of the node; without nodes that have none."""
    claims: dict[str, list[Claim]] = {}
    for volume in client.list("pv"):
        if reference := volume["spec"].get("claimRef"):
            claim = Claim(reference["namespace"], reference["name"], volume["metadata"]["name"])
            for node in _nodes_of(volume):
                claims.setdefault(node, []).append(claim)
    return claims


def claims_on(client: Client, node: str) -> list[Claim]:
    """The claims that are bound to volumes of a node."""
    return claims_by_node(client).get(node, [])


def reclaimed_volumes(client: Client, node: str) -> list[str]:
    """The volumes of a node that go with their claims, and whose claims have been deleted: somebody removes them."""
    return [
        volume["metadata"]["name"]
        for volume in client.list("pv")
        if node in _nodes_of(volume) and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
        if (claim := volume["spec"].get("claimRef")) and client.get("pvc", claim["name"], claim["namespace"]) is None
    ]


def movable_pods(client: Client, node: str) -> list[Object]:
    """The pods of a node that a drain evicts: neither finished, nor a DaemonSet's, nor the kubelet's own."""
    return [pod for pod in client.list("pod") if pod["spec"].get("nodeName") == node and _is_movable(pod)]


def lone_pods(pods: list[Object]) -> list[Object]:
    """Those of the pods that nobody makes again."""
    return [pod for pod in pods if not pod["metadata"].get("ownerReferences")]


def holdups(client: Client, pods: list[Object]) -> Iterator[Holdup]:
    """Which budgets allow none of these pods to be evicted now."""
    names = {(pod["metadata"]["namespace"], pod["metadata"]["name"]) for pod in pods}
    for budget in client.list("poddisruptionbudget"):
        status, namespace = budget.get("status", {}), budget["metadata"]["namespace"]
        if status.get("disruptionsAllowed", 0) == 0:
            for pod in client.list("pod", namespace, selector_text(budget["spec"].get("selector", {}))):
                if (namespace, pod["metadata"]["name"]) in names:
                    yield Holdup(
                        namespace,
                        pod["metadata"]["name"],
                        budget["metadata"]["name"],
                        status.get("currentHealthy", 0),
                        status.get("desiredHealthy", 0),
                    )


def _nodes_of(volume: Object) -> set[str]:
    required = volume["spec"].get("nodeAffinity", {}).get("required", {})
    expressions = [each for term in required.get("nodeSelectorTerms", []) for each in term.get("matchExpressions", [])]
    return {name for each in expressions if each["key"] == _HOSTNAME for name in each.get("values", [])}


def _is_movable(pod: Object) -> bool:
    metadata = pod["metadata"]
    kinds = {owner["kind"] for owner in metadata.get("ownerReferences", [])}
    is_fixed = "DaemonSet" in kinds or _MIRROR in metadata.get("annotations", {})
    return not is_fixed and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")

"""What can be seen to hold of a cluster: a workload is available, an API is served."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from lab_helpers import wait
from lab_helpers.cluster.base import Cluster
from lab_helpers.kube.conditions import condition as status_condition
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext_noop

__all__ = ["AGGREGATION", "Condition", "available", "established", "present", "served", "wait_for"]

# How many pods of a workload are of its newest template, and how many are in service, as its status counts them.
_COUNTS = {
    "deployments": ("updatedReplicas", "availableReplicas"),
    "daemonsets": ("updatedNumberScheduled", "numberAvailable"),
    "statefulsets": ("updatedReplicas", "availableReplicas"),
}


@dataclass(frozen=True)
class Condition:
    """Something that can be seen to hold of a cluster, by reading one object.

    Attributes:
        object: What it is about, as in ``deployment/coredns``.
        path: The address of what is read.
        is_met: Whether it holds, by what was read.
        look: The command that shows why it does not hold.
        namespace: Where the pods are that have to run for it; empty where none are known.
    """

    object: str
    path: str
    is_met: Callable[[Object], bool]
    look: str
    namespace: str = ""

    def holds(self, cluster: Cluster) -> bool:
        """Whether it holds now.

        Raises:
            LabError: The cluster does not answer, or does not let this user look.
        """
        content = cluster.read(self.path)
        return content is not None and self.is_met(content)


def available(kind: str, name: str, namespace: str) -> Condition:
    """All pods of a workload are of its newest template, and available.

    Args:
        kind: ``deployment``, ``daemonset`` or ``statefulset``.
        name: Which one.
        namespace: Where.
    """
    plural = f"{kind}s"
    updated, in_service = _COUNTS[plural]

    def is_met(workload: Object) -> bool:
        status = workload.get("status", {})
        desired = status.get("desiredNumberScheduled", workload.get("spec", {}).get("replicas", 1))
        # Until the controller has seen the last change, its numbers are about the one before.
        is_current = status.get("observedGeneration", 0) >= workload["metadata"]["generation"]
        return bool(is_current and desired and status.get(updated, 0) == status.get(in_service, 0) == desired)

    path = f"/apis/apps/v1/namespaces/{namespace}/{plural}/{name}"
    return Condition(f"{kind}/{name}", path, is_met, look=f"kubectl -n {namespace} get pods", namespace=namespace)


def served(group_version: str) -> Condition:
    """The API server serves a version of an API group; where another server stands behind it, that one answers.

    Args:
        group_version: As in ``metrics.k8s.io/v1beta1``.
    """
    return Condition(
        group_version,
        f"/apis/{group_version}",
        lambda resources: bool(resources.get("resources")),
        look=f"kubectl get apiservice {'.'.join(reversed(group_version.split('/')))} -o yaml",
    )


def established(name: str) -> Condition:
    """The API server serves what a CustomResourceDefinition defines.

    Args:
        name: As in ``sealedsecrets.bitnami.com``.
    """

    def is_met(definition: Object) -> bool:
        return status_condition(definition, "Established").get("status") == "True"

    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
    return Condition(f"crd/{name}", path, is_met, look=f"kubectl describe crd {name}")


def present(path: str, name: str) -> Condition:
    """An object is there, whatever it says.

    Args:
        path: Its address in the API.
        name: As in ``ingressclass/traefik``.
    """
    return Condition(name, path, lambda _content: True, look=f"kubectl get {name}")


AGGREGATION = Condition(
    gettext_noop("API aggregation layer"),
    "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication",
    lambda configuration: "requestheader-client-ca-file" in configuration.get("data", {}),
    look="kubectl -n kube-system get configmap extension-apiserver-authentication -o yaml",
)
"""The API server passes requests on to other servers, in the name of who asks."""


def wait_for(conditions: Sequence[Condition], cluster: Cluster, seconds: float) -> None:
    """Wait until all of them hold.

    Args:
        conditions: What is to hold.
        cluster: Of which cluster.
        seconds: How long all of them may take together.

    Raises:
        WaitTimeout: One does not hold in time.
    """
    deadline = wait.Deadline(seconds)
    for condition in conditions:
        wait.until(
            lambda condition=condition: condition.holds(cluster),  # type: ignore[misc]
            seconds=deadline.remaining,
            outcome="become ready",
            object=condition.object,
            last_event=partial(_explain, condition, cluster) if condition.namespace else None,
            next_step=f"export KUBECONFIG={cluster.kubeconfig}; {condition.look}",
        )


def _explain(condition: Condition, cluster: Cluster) -> str:
    """Why it does not hold yet, by the pods that have to run for it."""
    from lab_helpers.kube.client import Client
    from lab_helpers.kube.diagnose import diagnose

    return diagnose(Client(cluster.kubeconfig, patience_seconds=0), condition.namespace)

"""Read the objects of a namespace and their relations: owners, endpoints, mounts. Of Secrets only the names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab_helpers.cluster.existing.namespaces import MARKER
from lab_helpers.kube.client import Client
from lab_helpers.kube.transport import Object
from lab_helpers.observe.rollout import revision_of
from lab_helpers.observe.timeline import Phase, image_tag, phase_of

__all__ = ["Claim", "Deployment", "Namespace", "Pod", "ReplicaSet", "Service", "look"]

# Objects of every namespace, and the marker of the provider `existing`: not the learner's.
_NOT_THE_LEARNERS = ("kube-root-ca.crt", MARKER)


@dataclass(frozen=True)
class Deployment:
    """A Deployment, with its Ready and desired replicas."""

    name: str
    ready: int
    desired: int


@dataclass(frozen=True)
class ReplicaSet:
    """A ReplicaSet: one revision of a Deployment, with its number of pods."""

    name: str
    owner: str
    revision: int
    image_tag: str
    pods: int


@dataclass(frozen=True)
class Pod:
    """A pod; ``owner`` is empty for a pod without a controller, ``claims`` are those it mounts."""

    name: str
    owner: str
    phase: Phase
    claims: tuple[str, ...]


@dataclass(frozen=True)
class Service:
    """A Service and its endpoints' pods, by readiness."""

    name: str
    ready: tuple[str, ...]
    not_ready: tuple[str, ...]


@dataclass(frozen=True)
class Claim:
    """A claim, its phase, and the volume it is bound to; ``size`` is its capacity, as ``1Gi``."""

    name: str
    state: str
    volume: str
    size: str


@dataclass(frozen=True)
class Namespace:
    """The objects of one namespace; ``is_there`` distinguishes an empty one from a missing one."""

    name: str
    is_there: bool
    deployments: Sequence[Deployment] = ()
    replicasets: Sequence[ReplicaSet] = ()
    pods: Sequence[Pod] = ()
    services: Sequence[Service] = ()
    claims: Sequence[Claim] = ()
    configmaps: Sequence[str] = ()
    secrets: Sequence[str] = ()


def look(client: Client, namespace: str) -> Namespace:
    """Read the current objects of a namespace.

    Raises:
        LabError: The cluster is unreachable, or does not allow listing them.
    """
    if client.get("namespace", namespace) is None:
        return Namespace(namespace, is_there=False)
    slices = client.list("endpointslice", namespace)
    return Namespace(
        namespace,
        is_there=True,
        deployments=[_deployment(item) for item in client.list("deployment", namespace)],
        replicasets=sorted(
            map(_replicaset, client.list("replicaset", namespace)), key=lambda replicaset: -replicaset.revision
        ),
        pods=[_pod(item) for item in client.list("pod", namespace)],
        services=[_service(item, slices) for item in client.list("service", namespace)],
        claims=[_claim(item) for item in client.list("pvc", namespace)],
        configmaps=[name for name in _names(client.list("configmap", namespace)) if name not in _NOT_THE_LEARNERS],
        secrets=_names(client.list("secret", namespace)),
    )


def _name(item: Object) -> str:
    return str(item["metadata"]["name"])


def _names(items: Sequence[Object]) -> list[str]:
    return list(map(_name, items))


def _owner(item: Object) -> str:
    return next((str(owner["name"]) for owner in item["metadata"].get("ownerReferences", [])), "")


def _deployment(item: Object) -> Deployment:
    return Deployment(_name(item), item.get("status", {}).get("readyReplicas", 0), item["spec"].get("replicas", 1))


def _replicaset(item: Object) -> ReplicaSet:
    pods = item.get("status", {}).get("replicas", 0)
    return ReplicaSet(_name(item), _owner(item), revision_of(item), image_tag(item["spec"]["template"]), pods)


def _pod(item: Object) -> Pod:
    volumes = item["spec"].get("volumes", [])
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "persistentVolumeClaim" in volume]
    return Pod(_name(item), _owner(item), phase_of(item), tuple(claims))


def _service(item: Object, slices: Sequence[Object]) -> Service:
    endpoints = [
        (str(endpoint["targetRef"]["name"]), bool(endpoint.get("conditions", {}).get("ready", True)))
        for endpoint_slice in slices
        if endpoint_slice["metadata"].get("labels", {}).get("kubernetes.io/service-name") == _name(item)
        for endpoint in endpoint_slice.get("endpoints") or []
        if "targetRef" in endpoint
    ]
    return Service(
        _name(item), tuple(pod for pod, ok in endpoints if ok), tuple(pod for pod, ok in endpoints if not ok)
    )


def _claim(item: Object) -> Claim:
    state = item.get("status", {})
    size = state.get("capacity", {}).get("storage") or item["spec"]["resources"]["requests"]["storage"]
    return Claim(_name(item), state.get("phase", "Pending"), item["spec"].get("volumeName", ""), size)

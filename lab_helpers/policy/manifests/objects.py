"""A Kubernetes object as the rules read it: its name, its labels, the pods it makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from lab_helpers.policy.manifests.nodes import Map, Origin, copied, dig, mappings, strings, text

__all__ = ["CLUSTER_SCOPED", "LONG_RUNNING", "Manifest", "Pods", "is_builtin"]

LONG_RUNNING = frozenset(
    ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Rollout", "DeploymentConfig")
)
"""Kinds whose pods are meant to run until somebody ends them."""

CLUSTER_SCOPED = frozenset(
    (
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "ComponentStatus",
        "CustomResourceDefinition",
        "FlowSchema",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PodSecurityPolicy",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
    )
)
"""Kinds of Kubernetes itself that belong to no namespace."""

_BUILTIN_GROUPS = frozenset(("apps", "batch", "autoscaling", "policy", "extensions", ""))


def is_builtin(api_version: str) -> bool:
    """Whether a version is of Kubernetes' own API, and not of a custom resource."""
    group = api_version.rpartition("/")[0]
    return group in _BUILTIN_GROUPS or (
        group.endswith(".k8s.io")
        and not group.endswith((".x-k8s.io", "gateway.networking.k8s.io", "metrics.k8s.io", "snapshot.storage.k8s.io"))
    )


class Pods:
    """The pods that an object makes.

    Attributes:
        template: The mapping with their ``spec`` and, in ``metadata``, their labels.
        spec: Their specification.
    """

    def __init__(self, template: Map) -> None:
        self.template = template
        self.spec: Map = template["spec"]

    @cached_property
    def labels(self) -> dict[str, str]:
        """Their labels."""
        return strings(dig(self.template, "metadata", "labels"))

    @cached_property
    def containers(self) -> list[Map]:
        """What runs in them, without what only prepares them."""
        return mappings(self.spec.get("containers"))

    @cached_property
    def all_containers(self) -> list[Map]:
        """What runs in them at any time."""
        return [*mappings(self.spec.get("initContainers")), *self.containers]

    @cached_property
    def images(self) -> list[tuple[str, Origin]]:
        """The images that their nodes pull, each with the place where it is written."""
        holders = [*((each, "image") for each in self.all_containers)]
        volumes = (each.get("image") for each in mappings(self.spec.get("volumes")))
        holders += [(each, "reference") for each in volumes if isinstance(each, Map)]
        return [(text(holder.get(key)), holder.at(key)) for holder, key in holders if text(holder.get(key))]

    @cached_property
    def serving_containers(self) -> list[Map]:
        """Those and, among what prepares them, the sidecars that stay."""
        sidecars = [each for each in mappings(self.spec.get("initContainers")) if each.get("restartPolicy") == "Always"]
        return [*sidecars, *self.containers]


class Manifest:
    """A Kubernetes object.

    Attributes:
        content: The object itself.
        api_version: As in ``apps/v1``.
        kind: As in ``Deployment``.
        is_hashed: Whether its name gets a hash of its content when it is applied.
        absent: Files with values of it that are not in the repository, and made where it is deployed.
        names: Every name it has had on its way through kustomizations, the present one last.
    """

    def __init__(self, content: Map, *, is_hashed: bool = False, absent: Iterable[str] = ()) -> None:
        self.content = content
        self.api_version = text(content.get("apiVersion"))
        self.kind = text(content.get("kind"))
        self.is_hashed = is_hashed
        self.absent = list(absent)
        self.names = [self.name]

    def copy(self) -> Manifest:
        """A copy that shares nothing that can be changed with this one."""
        copy = Manifest(copied(self.content), is_hashed=self.is_hashed, absent=self.absent)
        copy.names = list(self.names)
        return copy

    @property
    def group(self) -> str:
        """As in ``apps``; empty for the core."""
        return self.api_version.rpartition("/")[0]

    @property
    def name(self) -> str:
        """Its name; empty where it has none."""
        return text(dig(self.content, "metadata", "name"))

    @property
    def namespace(self) -> str:
        """Its namespace; empty where none is written."""
        return text(dig(self.content, "metadata", "namespace"))

    @property
    def labels(self) -> dict[str, str]:
        """Its own labels, not those of its pods."""
        return strings(dig(self.content, "metadata", "labels"))

    @property
    def annotations(self) -> dict[str, str]:
        """Its annotations."""
        return strings(dig(self.content, "metadata", "annotations"))

    @property
    def reference(self) -> str:
        """As kubectl names it: ``deployment/web``."""
        return f"{self.kind.lower()}/{self.name or text(dig(self.content, 'metadata', 'generateName'))}"

    @property
    def origin(self) -> Origin:
        """Where its source begins."""
        return self.content.origin

    @property
    def is_namespaced(self) -> bool:
        """Whether it is of a kind of Kubernetes' own that belongs to a namespace."""
        return is_builtin(self.api_version) and self.kind not in CLUSTER_SCOPED

    @cached_property
    def pods(self) -> Pods | None:
        """The pods it makes; None where it makes none, or says nothing of their containers."""
        template = next(self._templates(), None)
        return Pods(template) if template is not None else None

    def forget_pods(self) -> None:
        """Have the pods read anew: the content was changed."""
        self.__dict__.pop("pods", None)

    def _templates(self) -> Iterator[Map]:
        spec = self.content.get("spec")
        for template in (
            self.content if self.kind == "Pod" else None,
            dig(spec, "jobTemplate", "spec", "template"),
            dig(spec, "template"),
            self.content.get("template"),
        ):
            if isinstance(template, Map) and mappings(dig(template, "spec", "containers")):
                yield template

"""Where an object names another by its name: in its pods, in its backend, in what it scales."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lab_helpers.policy.manifests.nodes import Map, Origin, dig, mappings, text
from lab_helpers.policy.manifests.objects import Manifest, Pods

__all__ = ["Reference", "references"]


@dataclass(frozen=True)
class Reference:
    """That an object names another.

    Attributes:
        kind: The kind of what is named.
        holder: The mapping in which its name stands.
        key: The key of the name there.
        is_optional: Whether pods start without it.
        use: What it is for: ``env``, ``volume``, ``pull``, ``tls``, ``backend``, ``scale``, ``subject`` or ``role``.
    """

    kind: str
    holder: Map
    key: str
    use: str
    is_optional: bool = False

    @property
    def name(self) -> str:
        """The name of what is named."""
        return text(self.holder.get(self.key))

    @property
    def origin(self) -> Origin:
        """Where the name was written."""
        return self.holder.at(self.key)


def references(manifest: Manifest) -> Iterator[Reference]:
    """What an object names, in the order it is written."""
    for reference in _all(manifest):
        if reference.name:
            yield reference


def _all(manifest: Manifest) -> Iterator[Reference]:
    if manifest.pods is not None:
        yield from _of_pods(manifest.pods)
    spec = manifest.content.get("spec")
    match manifest.kind:
        case "Ingress":
            yield from _of_ingress(spec)
        case "HorizontalPodAutoscaler":
            target = dig(spec, "scaleTargetRef")
            if isinstance(target, Map):
                yield Reference(text(target.get("kind")), target, "name", "scale")
        case "StatefulSet" if isinstance(spec, Map):
            yield Reference("Service", spec, "serviceName", "governing")
        case "RoleBinding" | "ClusterRoleBinding":
            for subject in mappings(manifest.content.get("subjects")):
                if subject.get("kind") == "ServiceAccount":
                    yield Reference("ServiceAccount", subject, "name", "subject")
            role = manifest.content.get("roleRef")
            if isinstance(role, Map):
                yield Reference(text(role.get("kind")), role, "name", "role")


def _of_pods(pods: Pods) -> Iterator[Reference]:
    spec = pods.spec
    yield Reference("ServiceAccount", spec, "serviceAccountName", "account")
    for secret in mappings(spec.get("imagePullSecrets")):
        yield Reference("Secret", secret, "name", "pull")
    for container in pods.all_containers:
        yield from _of_environment(container)
    for volume in mappings(spec.get("volumes")):
        yield from _of_volume(volume)


def _of_environment(container: Map) -> Iterator[Reference]:
    kinds = {
        "configMapRef": "ConfigMap",
        "secretRef": "Secret",
        "configMapKeyRef": "ConfigMap",
        "secretKeyRef": "Secret",
    }
    sources = [
        *mappings(container.get("envFrom")),
        *(dig(each, "valueFrom") for each in mappings(container.get("env"))),
    ]
    for source in sources:
        for field, kind in kinds.items():
            holder = dig(source, field)
            if isinstance(holder, Map):
                yield Reference(kind, holder, "name", "env", holder.get("optional") is True)


def _of_volume(volume: Map) -> Iterator[Reference]:
    sources = [volume, *mappings(dig(volume, "projected", "sources"))]
    for source in sources:
        for field, kind, key in (
            ("configMap", "ConfigMap", "name"),
            ("secret", "Secret", "secretName"),
            ("secret", "Secret", "name"),
            ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
        ):
            holder = dig(source, field)
            if isinstance(holder, Map):
                yield Reference(kind, holder, key, "volume", holder.get("optional") is True)


def _of_ingress(spec: object) -> Iterator[Reference]:
    rules = mappings(dig(spec, "rules"))
    paths = [path for rule in rules for path in mappings(dig(rule, "http", "paths"))]
    backends = [dig(spec, "defaultBackend"), dig(spec, "backend"), *(path.get("backend") for path in paths)]
    for backend in backends:
        service = dig(backend, "service")
        if isinstance(service, Map):
            yield Reference("Service", service, "name", "backend")
        elif isinstance(backend, Map):
            yield Reference("Service", backend, "serviceName", "backend")
    for entry in mappings(dig(spec, "tls")):
        yield Reference("Secret", entry, "secretName", "tls")

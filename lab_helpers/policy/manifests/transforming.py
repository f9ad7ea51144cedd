"""What a kustomization does to all its objects at once: names, namespace, labels, images, replicas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lab_helpers.policy.manifests.nodes import Items, Map, Origin, dig, mappings, strings, text
from lab_helpers.policy.manifests.objects import CLUSTER_SCOPED, Manifest
from lab_helpers.policy.manifests.references import Reference, references

__all__ = ["label", "rename", "set_images", "set_namespace", "set_replicas"]

_NEVER_RENAMED = frozenset(("Namespace", "CustomResourceDefinition", "APIService"))
_SCALED = frozenset(("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"))
_SELECTING_BY_LABELS = frozenset(("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"))
_SELECTING_IF_THERE = frozenset(("Job", "PodDisruptionBudget"))


def rename(manifests: Sequence[Manifest], new_name: Callable[[str], str]) -> None:
    """Rename objects, and what names them among themselves.

    Args:
        manifests: The objects; changed.
        new_name: The new name by the old one.
    """
    names: dict[tuple[str, str], str] = {}
    for manifest in manifests:
        if manifest.kind in _NEVER_RENAMED or not isinstance(manifest.content.get("metadata"), Map):
            continue
        names[manifest.kind, manifest.name] = new_name(manifest.name)
    accounts = _accounts(manifests)
    for manifest in manifests:
        for reference in list(references(manifest)):
            renamed = names.get((reference.kind, reference.name))
            if renamed is not None and (reference.use != "subject" or _is_among(reference, accounts)):
                reference.holder[reference.key] = renamed
    for manifest in manifests:
        renamed = names.get((manifest.kind, manifest.name))
        if renamed is not None:
            manifest.content["metadata"]["name"] = renamed
            manifest.names.append(renamed)


def _accounts(manifests: Sequence[Manifest]) -> set[tuple[str, str]]:
    accounts = (manifest for manifest in manifests if manifest.kind == "ServiceAccount")
    return {(account.name, account.namespace or "default") for account in accounts}


def _is_among(reference: Reference, accounts: set[tuple[str, str]]) -> bool:
    """Whether a binding means one of these accounts: by name, and by namespace where it says one."""
    namespace = text(reference.holder.get("namespace"))
    return any(reference.name == name and namespace in ("", place) for name, place in accounts)


def set_namespace(manifests: Sequence[Manifest], namespace: str, origin: Origin) -> None:
    """Move objects into a namespace, with the accounts among them that bindings name.

    Args:
        manifests: The objects; changed.
        namespace: Its name.
        origin: Where that was written.
    """
    accounts = _accounts(manifests)
    for manifest in manifests:
        metadata = manifest.content.get("metadata")
        if not isinstance(metadata, Map):
            continue
        if manifest.kind == "Namespace":
            metadata.place("name", namespace, origin)
        elif manifest.kind not in CLUSTER_SCOPED:
            metadata.place("namespace", namespace, origin)
        for reference in references(manifest):
            if reference.use == "subject" and (reference.name == "default" or _is_among(reference, accounts)):
                reference.holder.place("namespace", namespace, origin)


def label(manifests: Sequence[Manifest], labels: Map, *, selectors: bool, templates: bool) -> None:
    """Give objects labels.

    Args:
        manifests: The objects; changed.
        labels: The labels.
        selectors: Whether selectors and the pods they select get them too.
        templates: Whether pods get them too.
    """
    for manifest in manifests:
        _add(_child(manifest.content, "metadata", "labels"), labels)
        if manifest.pods is not None and manifest.kind != "Pod" and (selectors or templates):
            _add(_child(manifest.pods.template, "metadata", "labels"), labels)
        if selectors:
            for selector in _selectors(manifest):
                _add(selector, labels)


def _selectors(manifest: Manifest) -> Iterator[Map]:
    """The label selectors that select pods of the same kustomization."""
    spec = manifest.content.get("spec")
    if not isinstance(spec, Map):
        return
    if manifest.kind in ("Service", "ReplicationController"):
        if manifest.kind != "Service" or strings(spec.get("selector")):
            yield _child(spec, "selector")
    elif manifest.kind in _SELECTING_BY_LABELS:
        yield _child(spec, "selector", "matchLabels")
    elif manifest.kind in _SELECTING_IF_THERE and isinstance(dig(spec, "selector", "matchLabels"), Map):
        yield spec["selector"]["matchLabels"]
    elif manifest.kind == "NetworkPolicy":
        rules = [*mappings(spec.get("ingress")), *mappings(spec.get("egress"))]
        peers = [peer for rule in rules for key in ("from", "to") for peer in mappings(rule.get(key))]
        for holder in (spec, *peers):
            selector = dig(holder, "podSelector", "matchLabels")
            if isinstance(selector, Map):
                yield selector


def set_images(manifests: Sequence[Manifest], entries: Sequence[Map]) -> list[Map]:
    """Rename, tag or pin images.

    Args:
        manifests: The objects; changed.
        entries: Those of ``images:``.

    Returns:
        The entries that no image has the name of.
    """
    unused = []
    containers = [container for manifest in manifests for container in _containers(manifest.content)]
    for entry in entries:
        pattern = _pattern(text(entry.get("name")))
        matching = [container for container in containers if pattern.fullmatch(text(container.get("image")))]
        for container in matching:
            image, origin = _image(text(container["image"]), entry, container.origins["image"])
            container.place("image", image, origin)
        if not matching:
            unused.append(entry)
    return unused


def _pattern(name: str) -> re.Pattern[str]:
    rest = r"(:[\w.{}-]*)?(@sha256:[0-9a-fA-F]*)?"
    try:
        return re.compile(f"(?:{name}){rest}")
    except re.error:
        return re.compile(re.escape(name) + rest)


def _image(image: str, entry: Map, origin: Origin) -> tuple[str, Origin]:
    """What an image is called after an entry, and where that was written."""
    name, _, digest = image.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = name, ""
    if text(entry.get("newName")):
        repository, origin = text(entry["newName"]), entry.at("newName")
    if text(entry.get("newTag")):
        tag, digest, origin = text(entry["newTag"]), "", entry.at("newTag")
    if text(entry.get("tagSuffix")):
        tag, origin = tag + text(entry["tagSuffix"]), entry.at("tagSuffix")
    if text(entry.get("digest")):
        tag, digest, origin = "", text(entry["digest"]), entry.at("digest")
    return repository + (f":{tag}" if tag else "") + (f"@{digest}" if digest else ""), origin


def _containers(value: Any) -> Iterator[Map]:  # noqa: ANN401
    """Every container with an image, at any depth."""
    if isinstance(value, Map):
        for key, item in value.items():
            if key in ("containers", "initContainers"):
                yield from (container for container in mappings(item) if isinstance(container.get("image"), str))
            else:
                yield from _containers(item)
    elif isinstance(value, Items):
        for item in value:
            yield from _containers(item)


def set_replicas(manifests: Sequence[Manifest], entries: Sequence[Map]) -> None:
    """Set how many replicas workloads have.

    Args:
        manifests: The objects; changed.
        entries: Those of ``replicas:``.
    """
    for entry in entries:
        for manifest in manifests:
            if manifest.kind in _SCALED and entry.get("name") in manifest.names:
                spec = _child(manifest.content, "spec")
                spec.place("replicas", entry.get("count"), entry.at("count"))


def _child(content: Map, *keys: str) -> Map:
    """The mapping below some keys, made where it is missing."""
    for key in keys:
        if not isinstance(content.get(key), Map):
            content.place(key, Map(content.at(key)))
        content = content[key]
    return content


def _add(target: Map, labels: Mapping[str, object]) -> None:
    for key, value in labels.items():
        origin = labels.origins.get(key) if isinstance(labels, Map) else None
        target.place(key, value, origin)

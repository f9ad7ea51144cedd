"""Which objects a patch is for, as kustomize selects them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lab_helpers.policy.manifests.nodes import Map, dig, text
from lab_helpers.policy.manifests.objects import Manifest

__all__ = ["is_plain", "is_target", "reference"]

_REPEATED_GROUP = re.compile(r"\)[*+{]")


def reference(content: Map) -> str:
    """How the object of a patch or of a ``target:`` is called, as in ``deployment/web``."""
    kind = text(content.get("kind")).lower()
    name = text(dig(content, "metadata", "name")) or text(content.get("name"))
    return f"{kind}/{name}" if kind else name


def is_plain(target: Map) -> bool:
    """Whether a target names one object, and not whatever may be there."""
    return re.fullmatch(r"[\w-]+(?:\.[\w-]+)*", text(target.get("name"))) is not None


def is_target(manifest: Manifest, target: object, patch: Any) -> bool:  # noqa: ANN401
    """Whether a patch is for an object.

    Args:
        manifest: The object.
        target: The patch's ``target:``; None where it names its object itself.
        patch: The patch, a mapping or a list of operations.
    """
    if not isinstance(target, Map):
        namespace = text(dig(patch, "metadata", "namespace"))
        return (
            isinstance(patch, Map)
            and patch.get("kind") == manifest.kind
            and text(patch.get("apiVersion")).rpartition("/")[0] == manifest.group
            and text(dig(patch, "metadata", "name")) in manifest.names
            and (not namespace or namespace == manifest.namespace or not manifest.namespace)
        )
    checks = {
        "group": [manifest.group],
        "version": [manifest.api_version.rpartition("/")[2]],
        "kind": [manifest.kind],
        "name": manifest.names,
        "namespace": [manifest.namespace],
    }
    return all(
        any(_matches(text(target.get(key)), value) for value in values) for key, values in checks.items()
    ) and all(
        _selects(text(target.get(key)), labels)
        for key, labels in (("labelSelector", manifest.labels), ("annotationSelector", manifest.annotations))
    )


def _matches(pattern: str, value: str) -> bool:
    """Whether a pattern of kustomize's matches a value; a repeated group may take Python for ever, so it does not."""
    if not pattern:
        return True
    if _REPEATED_GROUP.search(pattern):
        return False
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return pattern == value


def _selects(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether a selector as kubectl has it (``app=web,tier!=db,has``) matches labels."""
    for requirement in filter(None, (part.strip() for part in selector.split(","))):
        key, sign, value = (
            part.strip()
            for part in re.split(r"\s*(!=|==|=)\s*", requirement + ("" if "=" in requirement else "=*"), maxsplit=1)
        )
        if sign == "!=":
            if labels.get(key) == value:
                return False
        elif key.startswith("!") or re.search(r"\s(?:not)?in\s*\(", requirement):
            continue
        elif key not in labels or value not in ("*", labels[key]):
            return False
    return True

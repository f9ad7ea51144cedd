"""The conditions in an object's status."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab_helpers.kube.transport import Object

__all__ = ["condition", "is_ready"]


def condition(item: Object, kind: str) -> Object:
    """The condition of a type; empty where an object has none of it, or nobody has looked at it yet."""
    conditions = item.get("status", {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == kind), {})


def is_ready(item: Object) -> bool:
    """Whether a node or a pod says that it is Ready."""
    return condition(item, "Ready").get("status") == "True"

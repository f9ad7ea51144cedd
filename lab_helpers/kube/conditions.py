"""The conditions in an object's status."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab_helpers.kube.transport import Object

__all__ = ["condition", "heartbeat", "is_ready"]


def condition(item: Object, kind: str) -> Object:
    """The condition of a type; empty where an object has none of it, or nobody has looked at it yet."""
    conditions = item.get("status", {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == kind), {})


def heartbeat(node: Object | None) -> str:
    """When the kubelet of a node last said how it is, in UTC; empty where it never did."""
    return str(condition(node or {}, "Ready").get("lastHeartbeatTime", ""))


def is_ready(item: Object) -> bool:
    """Whether a node or a pod says that it is Ready."""
    return condition(item, "Ready").get("status") == "True"

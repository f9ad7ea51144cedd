"""Kubernetes events as plain records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lab_helpers.kube.transport import Object

__all__ = ["KubeEvent", "parse_event", "parse_time"]


@dataclass(frozen=True)
class KubeEvent:
    """One event.

    Attributes:
        at: When it was last seen, in seconds since 1970.
        type: ``Normal`` or ``Warning``.
        reason: One word: ``BackOff``, ``FailedScheduling``.
        message: What happened.
        object: What it happened to, as ``kind/name``.
        count: How often it was seen.
    """

    at: float
    type: str
    reason: str
    message: str
    object: str
    count: int = 1

    def __str__(self) -> str:
        return f"{self.reason}: {self.message} ({self.object})"


def parse_event(item: Object) -> KubeEvent:
    """Parse an event of the API; the core/v1 and events.k8s.io reporters fill different fields."""
    series = item.get("series") or {}
    involved = item.get("involvedObject", {})
    times = (series.get("lastObservedTime"), item.get("lastTimestamp"), item.get("eventTime"))
    last_seen = next((time for time in times if time), item["metadata"].get("creationTimestamp"))
    return KubeEvent(
        at=parse_time(last_seen) if last_seen else 0.0,
        type=item.get("type", ""),
        reason=item.get("reason", ""),
        message=(item.get("message") or "").strip(),
        object=f"{involved.get('kind', '').lower()}/{involved.get('name', '')}",
        count=series.get("count") or item.get("count") or 1,
    )


def parse_time(text: str) -> float:
    """Seconds since 1970 of a time as the API writes it (RFC 3339, to the second or finer)."""
    return datetime.fromisoformat(text).timestamp()

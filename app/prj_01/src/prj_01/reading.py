"""A reading, and how the feed writes it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["Reading", "parse"]

_LONGEST_NAME = 100


@dataclass(frozen=True)
class Reading:
    """What a sensor read at a time.

    Attributes:
        sequence: Its number in the feed: larger than that of every earlier one.
        sensor: The sensor's name.
        at: When, with a time zone.
        value: What.
    """

    sequence: int
    sensor: str
    at: datetime
    value: float

    def as_json(self) -> dict[str, Any]:
        """As the feed sends it."""
        return {"sequence": self.sequence, "sensor": self.sensor, "at": self.at.isoformat(), "value": self.value}


def parse(entry: Any) -> Reading:  # noqa: ANN401 - whatever a feed sends
    """Read what a feed sent, and accept nothing that the database would not take.

    Raises:
        ValueError: It is no reading.
    """
    if not isinstance(entry, Mapping):
        raise ValueError("is no object")
    sequence, sensor, at, value = (entry.get(name) for name in ("sequence", "sensor", "at", "value"))
    if type(sequence) is not int or not 0 < sequence < 2**63:
        raise ValueError("sequence is no positive whole number")
    if not isinstance(sensor, str) or not sensor.isprintable() or not 0 < len(sensor) <= _LONGEST_NAME:
        raise ValueError(f"sensor is no name of 1 to {_LONGEST_NAME} printable characters")
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError("value is no finite number")
    return Reading(sequence, sensor, _parse_time(at), float(value))


def _parse_time(text: Any) -> datetime:  # noqa: ANN401 - whatever a feed sends
    time = datetime.fromisoformat(text) if isinstance(text, str) else None
    if time is None or time.tzinfo is None:
        raise ValueError("at is no time with a time zone")
    return time

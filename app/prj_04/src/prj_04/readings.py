"""What a message of the stream says: one reading of a sensor."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["Reading", "UnfitMessageError", "parse_reading"]

_LONGEST_SENSOR = 200


class UnfitMessageError(Exception):
    """A message that no retry can make right; says what is wrong with it."""


@dataclass(frozen=True)
class Reading:
    """What a sensor measured at a time, in UTC."""

    sensor: str
    at: datetime
    value: float


def parse_reading(fields: Mapping[bytes, bytes]) -> Reading:
    """Read a message's fields; those that are not needed are ignored.

    Raises:
        UnfitMessageError: A field is missing or wrong.
    """
    return Reading(_sensor(_field(fields, "sensor")), _at(_field(fields, "at")), _value(_field(fields, "value")))


def _field(fields: Mapping[bytes, bytes], name: str) -> str:
    try:
        return fields[name.encode()].decode()
    except KeyError:
        raise UnfitMessageError(f"{name}: is missing") from None
    except UnicodeDecodeError:
        raise UnfitMessageError(f"{name}: is not UTF-8") from None


def _sensor(text: str) -> str:
    if not 1 <= len(text) <= _LONGEST_SENSOR or not text.isprintable():
        raise UnfitMessageError(f"sensor: is no name of 1 to {_LONGEST_SENSOR} printable characters")
    return text


def _at(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise UnfitMessageError(f"at: {text[:40]!r} has no time zone")
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnfitMessageError(f"at: {text[:40]!r} is no time such as 2026-01-31T12:00:00Z") from None


def _value(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UnfitMessageError(f"value: {text[:40]!r} is no finite number")
    return value

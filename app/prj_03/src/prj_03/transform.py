"""Transform: what the readings of each sensor come to, the same figures to the last bit whenever they are reckoned."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby

from prj_03.extract import Reading

__all__ = ["Figures", "figures"]


@dataclass(frozen=True)
class Figures:
    """What the readings of one sensor come to.

    Attributes:
        sensor: Its name.
        count: How many there are.
        invalid: How many of them are infinite or not a number; the rest is about the others.
        minimum: The least; None where all are invalid, as with the next two.
        maximum: The greatest.
        mean: Their sum, rounded once, by their number.
        first: When the first was made.
        last: When the last was made.
        longest_gap_seconds: The longest time between two that follow each other.
    """

    sensor: str
    count: int
    invalid: int
    minimum: float | None
    maximum: float | None
    mean: float | None
    first: datetime
    last: datetime
    longest_gap_seconds: float


def figures(readings: Iterable[Reading]) -> Iterator[Figures]:
    """The figures of each sensor.

    Args:
        readings: By sensor, and by time within one.
    """
    for sensor, group in groupby(readings, key=lambda reading: reading.sensor):
        yield _reckon(sensor, group)


def _reckon(sensor: str, readings: Iterator[Reading]) -> Figures:
    first = last = next(readings)
    values, invalid, longest = array("d"), 0, 0.0
    for reading in chain([first], readings):
        if math.isfinite(reading.value):
            values.append(reading.value)
        else:
            invalid += 1
        longest = max(longest, (reading.at - last.at).total_seconds())
        last = reading
    return Figures(
        sensor=sensor,
        count=len(values) + invalid,
        invalid=invalid,
        minimum=min(values, default=None),
        maximum=max(values, default=None),
        mean=_mean(values) if values else None,
        first=first.at,
        last=last.at,
        longest_gap_seconds=longest,
    )


def _mean(values: array[float]) -> float:
    try:
        return math.fsum(values) / len(values)  # not sum(), whose result depends on the order
    except OverflowError:
        return math.fsum(value / len(values) for value in values)

"""Readings to test with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prj_01.reading import Reading

BEGINNING = datetime(2026, 5, 1, 12, tzinfo=UTC)


def reading(sequence: int, sensor: str = "roof", value: float = 1.5) -> Reading:
    """One a second."""
    return Reading(sequence, sensor, BEGINNING + timedelta(seconds=sequence), value)


def readings(*sequences: int) -> list[Reading]:
    return [reading(sequence) for sequence in sequences]

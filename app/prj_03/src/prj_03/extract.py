"""Extract: the readings of a window, sensor by sensor, as a database has them at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import psycopg

from prj_03.window import Window

__all__ = ["Reading", "readings"]

# In the order of bytes, which no locale of a server changes.
_READINGS = """
SELECT sensor, at, value FROM readings.reading WHERE at >= %s AND at < %s ORDER BY sensor COLLATE "C", at
"""
_ROWS_AT_ONCE = 5000


@dataclass(frozen=True)
class Reading:
    """What a sensor said.

    Attributes:
        sensor: Its name.
        at: When.
        value: What; may be infinite, or not a number.
    """

    sensor: str
    at: datetime
    value: float


def readings(connection: psycopg.Connection, window: Window) -> Iterator[Reading]:
    """The readings of a window, by sensor and time, a few at a time however many there are.

    Args:
        connection: In a transaction, of which they are part.
        window: From when until when.

    Raises:
        psycopg.Error: The database cannot do it.
    """
    with connection.cursor(name="readings") as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        for sensor, at, value in cursor.execute(_READINGS, (window.start, window.end)):
            yield Reading(sensor, at, value)

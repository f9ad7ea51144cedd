"""What is kept in the database, one function for each transaction that the workers make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from prj_01.database import Database
from prj_01.reading import Reading

__all__ = ["Progress", "Rewound", "aggregate", "is_writable", "outbox_length", "progress", "store"]

_FEED = "feed"

_STORE = """
WITH new AS (
    INSERT INTO readings.reading (sensor, at, value)
    SELECT * FROM unnest(%(sensors)s::text[], %(times)s::timestamptz[], %(values)s::float8[])
    ON CONFLICT DO NOTHING
    RETURNING sensor, at, value
), marked AS (
    INSERT INTO readings.stale_minute (sensor, minute, marked)
    SELECT DISTINCT sensor, date_trunc('minute', at, 'UTC'), now() FROM new ORDER BY 1, 2
    ON CONFLICT (sensor, minute) DO UPDATE SET marked = excluded.marked
), queued AS (
    INSERT INTO readings.outbox (sensor, at, value)
    SELECT sensor, at, value FROM new WHERE %(publish)s ORDER BY at
)
SELECT count(*) FROM new
"""
_SAVE_PROGRESS = """
INSERT INTO readings.progress AS saved (feed, sequence, at) VALUES (%s, %s, %s)
ON CONFLICT (feed) DO UPDATE SET sequence = excluded.sequence, at = excluded.at
WHERE saved.sequence < excluded.sequence
"""
_TAKE_STALE = """
DELETE FROM readings.stale_minute WHERE (sensor, minute) IN (
    SELECT sensor, minute FROM readings.stale_minute ORDER BY sensor, minute LIMIT %s FOR UPDATE
) RETURNING sensor, minute
"""
# In a statement of its own: it has to see what was committed while the one before waited for its rows.
_AGGREGATE = """
INSERT INTO readings.minute (sensor, minute, count, minimum, maximum, mean)
SELECT sensor, stale.minute, count(*), min(value), max(value), avg(value)
FROM unnest(%s::text[], %s::timestamptz[]) AS stale (sensor, minute)
JOIN readings.reading USING (sensor)
WHERE at >= stale.minute AND at < stale.minute + interval '1 minute'
GROUP BY sensor, stale.minute
ON CONFLICT (sensor, minute) DO UPDATE SET
    count = excluded.count, minimum = excluded.minimum, maximum = excluded.maximum, mean = excluded.mean
"""

# A standby, or one that keeps us out, answers and is of no use.
_IS_WRITABLE = """
SELECT current_setting('transaction_read_only') = 'off' AND has_table_privilege('readings.reading', 'INSERT')
"""


@dataclass(frozen=True)
class Progress:
    """Up to where the feed is stored.

    Attributes:
        sequence: That of the last reading stored; 0 before the first.
        at: When it was read; None before the first.
    """

    sequence: int
    at: datetime | None


class Rewound(Exception):  # noqa: N818 - named after what happened
    """The database has less than it had taken before: it was restored from a backup, or is another one.

    Attributes:
        sequence: Up to where it has the feed.
    """

    def __init__(self, sequence: int) -> None:
        super().__init__(sequence)
        self.sequence = sequence


def is_writable(database: Database) -> bool:
    """Whether the database would take readings."""
    with database.transaction() as connection:
        return connection.execute(_IS_WRITABLE).fetchone() == (True,)


def progress(database: Database) -> Progress:
    """Up to where the feed is stored."""
    with database.transaction() as connection:
        row = connection.execute("SELECT sequence, at FROM readings.progress WHERE feed = %s", [_FEED]).fetchone()
    return Progress(*row) if row else Progress(0, None)


def store(database: Database, after: int, readings: Sequence[Reading], *, publish: bool) -> int:
    """Store readings, and how far the feed is stored with them, all or nothing; what is there already stays as it is.

    Args:
        database: Where to.
        after: The sequence they follow, up to which everything was stored before.
        readings: At least one, in their order.
        publish: Whether they are to be published.

    Returns:
        How many of them were new.

    Raises:
        Rewound: The database lacks something before them.
        psycopg.Error: They may be stored or not. Storing them again changes nothing that is there.
    """
    columns = {
        "sensors": [reading.sensor for reading in readings],
        "times": [reading.at for reading in readings],
        "values": [reading.value for reading in readings],
        "publish": publish,
    }
    with database.transaction() as connection:
        row = connection.execute(
            "SELECT sequence FROM readings.progress WHERE feed = %s FOR UPDATE", [_FEED]
        ).fetchone()
        sequence = row[0] if row else 0
        if sequence < after:
            raise Rewound(sequence)
        (count,) = connection.execute(_STORE, columns).fetchone() or (0,)
        connection.execute(_SAVE_PROGRESS, [_FEED, readings[-1].sequence, readings[-1].at])
    return int(count)


def aggregate(database: Database, limit: int = 1000) -> int:
    """Aggregate minutes that have got readings since they were aggregated last, and return how many there were.

    Args:
        database: Where.
        limit: How many at most.
    """
    with database.transaction() as connection:
        stale = connection.execute(_TAKE_STALE, [limit]).fetchall()
        if stale:
            connection.execute(_AGGREGATE, [[sensor for sensor, _ in stale], [minute for _, minute in stale]])
    return len(stale)


def outbox_length(database: Database) -> int:
    """About how many readings wait to be published: the span of their numbers, which takes no scan."""
    with database.transaction() as connection:
        (length,) = connection.execute("SELECT max(id) - min(id) + 1 FROM readings.outbox").fetchone() or (0,)
    return int(length or 0)

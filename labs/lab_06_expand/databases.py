"""What can be seen of the readings: where their rows lie, which of them were copied there. Each look is one look."""

from __future__ import annotations

from dataclasses import dataclass

from lab_helpers import CheckContext
from lab_helpers.workbook.course.postgresql import POD, query

__all__ = ["MOVE", "OWN", "SHARED", "Rows", "copied", "databases", "has_table", "reaches", "rows"]

SHARED, OWN = "prj-01", "prj-01-db"
"""The namespaces of the server that all share, and of the one that prj-01 gets."""

MOVE = "infra/_shared/scripts/migrate/move-database.sh"

_COLUMNS = "count(*), coalesce(extract(epoch FROM max(at) - min(at)), 0), coalesce(extract(epoch FROM max(at)), 0)"
_STORED = "SELECT {columns} FROM {table}"
# What one transaction has written: a copy is one, and the collector makes one for each of its batches.
_COPIED = """
SELECT {columns} FROM readings.reading
WHERE xmin = (SELECT xmin FROM readings.reading ORDER BY at, sensor LIMIT 1)
"""


@dataclass(frozen=True)
class Rows:
    """Some readings.

    Attributes:
        count: How many.
        seconds: From the first to the last.
        newest: When the last was read, in seconds since 1970; 0 where there is none.
    """

    count: int
    seconds: float
    newest: float


def databases(lab: CheckContext) -> set[str]:
    """The databases of the shared server."""
    return {name for (name,) in query(lab.client, SHARED, "lab", "SELECT datname FROM pg_database")}


def has_table(lab: CheckContext, namespace: str, database: str, table: str) -> bool:
    """Whether a database of a server has a table, or a window onto one."""
    return query(lab.client, namespace, database, f"SELECT to_regclass('{table}') IS NOT NULL") == [["t"]]


def rows(lab: CheckContext, namespace: str, database: str, table: str = "readings.reading") -> Rows:
    """The readings that a table has."""
    return _rows(query(lab.client, namespace, database, _STORED.format(columns=_COLUMNS, table=table)))


def copied(lab: CheckContext, namespace: str, database: str) -> Rows:
    """Those of the readings that came with the oldest, in one transaction."""
    return _rows(query(lab.client, namespace, database, _COPIED.format(columns=_COLUMNS)))


def reaches(lab: CheckContext, host: str) -> bool:
    """Whether a PostgreSQL answers the shared server under a name, within some seconds."""
    return lab.client.exec(POD, ["pg_isready", f"--host={host}", "--timeout=3"], SHARED).returncode == 0


def _rows(answer: list[list[str]]) -> Rows:
    ((count, seconds, newest),) = answer
    return Rows(int(count), float(seconds), float(newest))

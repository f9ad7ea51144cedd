"""What can be seen of the readings: where their rows lie, which of them were copied there. Each look is one look."""

from __future__ import annotations

from dataclasses import dataclass

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["MOVE", "OWN", "SHARED", "Rows", "copied", "databases", "has_table", "reaches", "rows"]

SHARED, OWN = "prj-01", "prj-01-db"
"""The namespaces of the server that all share, and of the one that prj-01 gets."""

MOVE = "infra/_shared/scripts/migrate/move-database.sh"

_POD = "postgresql-0"
_PSQL = ("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--username=lab")
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
    return {name for (name,) in _query(lab, SHARED, "lab", "SELECT datname FROM pg_database")}


def has_table(lab: CheckContext, namespace: str, database: str, table: str) -> bool:
    """Whether a database of a server has a table, or a window onto one."""
    return _query(lab, namespace, database, f"SELECT to_regclass('{table}') IS NOT NULL") == [["t"]]


def rows(lab: CheckContext, namespace: str, database: str, table: str = "readings.reading") -> Rows:
    """The readings that a table has."""
    return _rows(_query(lab, namespace, database, _STORED.format(columns=_COLUMNS, table=table)))


def copied(lab: CheckContext, namespace: str, database: str) -> Rows:
    """Those of the readings that came with the oldest, in one transaction."""
    return _rows(_query(lab, namespace, database, _COPIED.format(columns=_COLUMNS)))


def reaches(lab: CheckContext, host: str) -> bool:
    """Whether a PostgreSQL answers the shared server under a name, within some seconds."""
    return lab.client.exec(_POD, ["pg_isready", f"--host={host}", "--timeout=3"], SHARED).returncode == 0


def _rows(answer: list[list[str]]) -> Rows:
    ((count, seconds, newest),) = answer
    return Rows(int(count), float(seconds), float(newest))


def _query(lab: CheckContext, namespace: str, database: str, statement: str) -> list[list[str]]:
    try:
        result = lab.client.exec(_POD, [*_PSQL, f"--dbname={database}", f"--command={statement}"], namespace)
        reason = result.stderr.strip() if result.returncode else ""
    except LabError as error:
        reason = error.reason
    if reason:
        raise CheckFailed(
            _("the database {database} to answer").format(database=database),
            seen=reason,
            hint=_("It is in the pod {pod} of {namespace}.").format(pod=_POD, namespace=namespace),
            next_step=f"kubectl -n {namespace} get pods",
        )
    return [line.split("|") for line in result.stdout.splitlines() if line]

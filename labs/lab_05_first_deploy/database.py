"""What can be seen of the database: its migrations, its columns, its orders, the Jobs. Each look is one look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lab_helpers import CheckContext
from lab_helpers.kube.events import parse_time
from lab_helpers.kube.jobs import end_of
from lab_helpers.kube.transport import Object
from lab_helpers.workbook.course import postgresql

__all__ = ["MIGRATE", "NAMESPACE", "Column", "Migration", "Run", "columns", "last_log", "migrations", "orders", "runs"]

NAMESPACE = "prj-01"
MIGRATE = "infra/_shared/scripts/migrate/run-migration-job.sh"
_DATABASE = "lab"

# goose's own table: a row for each time that a version was applied or taken back, the last of which counts.
_TABLE = "select to_regclass('public.goose_db_version') is not null"
_MIGRATIONS = """
select version_id, extract(epoch from tstamp::timestamptz) from (
    select distinct on (version_id) * from goose_db_version where version_id > 0 order by version_id, id desc
) as newest where is_applied order by version_id
"""
_COLUMNS = """
select column_name, is_nullable = 'NO' and column_default is null
from information_schema.columns where table_schema = 'project_2' and table_name = 'swing_order'
"""
_ORDERS = "select extract(epoch from ordered_at) from project_2.swing_order order by 1"


@dataclass(frozen=True)
class Migration:
    """A migration that the database has.

    Attributes:
        version: Its number.
        at: When it was applied, in seconds since 1970.
    """

    version: int
    at: float


@dataclass(frozen=True)
class Column:
    """A column of the table of orders.

    Attributes:
        name: What it is called.
        is_needed: Whether a row that does not name it is refused: it may not be null, and has no default.
    """

    name: str
    is_needed: bool


@dataclass(frozen=True)
class Run:
    """A Job that ran the migrations, and has ended.

    Attributes:
        name: The Job's.
        at: When it ended, in seconds since 1970, to the second.
        is_complete: Whether it did its work.
    """

    name: str
    at: float
    is_complete: bool


def migrations(lab: CheckContext) -> list[Migration]:
    """The migrations that the database has, by their number; none where none has run.

    Raises:
        CheckFailed: The database does not answer.
    """
    if _query(lab, _TABLE) != [["t"]]:
        return []
    return [Migration(int(version), float(at)) for version, at in _query(lab, _MIGRATIONS)]


def columns(lab: CheckContext) -> list[Column]:
    """The columns of the table of orders; none where there is no such table."""
    return [Column(name, is_needed == "t") for name, is_needed in _query(lab, _COLUMNS)]


def orders(lab: CheckContext) -> list[float]:
    """When each order was placed, in seconds since 1970, the oldest first; only where their table is there."""
    return [float(at) for (at,) in _query(lab, _ORDERS)]


def runs(lab: CheckContext) -> list[Run]:
    """The runs of the migrations that have ended and are still there, the oldest first."""
    jobs = lab.client.list("job", NAMESPACE, "app=migrate")
    return sorted(_runs(jobs), key=lambda run: run.at)


def last_log(lab: CheckContext, run: Run) -> str:
    """The line in which a run says why it failed; empty where its pod is gone."""
    for pod in lab.client.list("pod", NAMESPACE, f"job-name={run.name}"):
        lines = lab.client.logs(pod["metadata"]["name"], NAMESPACE).splitlines()
        return next((line.partition("migrate: ")[2] for line in lines if line.startswith("migrate: ")), "")
    return ""


def _runs(jobs: Iterable[Object]) -> Iterator[Run]:
    for job in jobs:
        end = end_of(job)
        if end is not None:
            yield Run(job["metadata"]["name"], parse_time(end["lastTransitionTime"]), end["type"] == "Complete")


def _query(lab: CheckContext, statement: str) -> list[list[str]]:
    return postgresql.query(lab.client, NAMESPACE, _DATABASE, statement)

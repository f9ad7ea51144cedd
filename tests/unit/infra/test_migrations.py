"""The migrations of the Deploy repository, on a real PostgreSQL: each once, whole or not at all, one at a time."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_helpers import checkout, programs, wait
from tests.backing_services import Database

_MIGRATIONS = checkout.infra_directory() / "_shared/migrations"
_SECONDS = 60.0
_TABLES = """
select table_schema || '.' || table_name from information_schema.tables
where table_schema in ('project_1', 'project_2', 'shared', 'analysis') order by 1
"""


@pytest.fixture(scope="session")
def program() -> Path:
    return programs.resolve(lambda line: None, "migrate")["migrate"]


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """A copy of the migrations, to be added to."""
    return Path(shutil.copytree(_MIGRATIONS, tmp_path / "migrations"))


@pytest.fixture
def start(program: Path, database_url: str, migrations: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts the program with a command, as the Job does."""

    def started(command: str = "up", **variables: str) -> subprocess.Popen[str]:
        settings = {"GOOSE_DBSTRING": database_url, "GOOSE_MIGRATION_DIR": str(migrations), **variables}
        environment = {**os.environ, **settings}
        return subprocess.Popen(
            [program, command], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    return started


@pytest.fixture
def migrate(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., tuple[int, str]]:
    """Runs the program to its end, and returns its exit code and what it printed."""

    def ended(command: str = "up", **variables: str) -> tuple[int, str]:
        return _end(start(command, **variables))

    return ended


def _end(process: subprocess.Popen[str]) -> tuple[int, str]:
    output = process.communicate(timeout=_SECONDS)[0]
    return process.returncode, output


def test_each_is_applied_once_in_its_order(
    migrate: Callable[..., tuple[int, str]], postgresql: Database, database_url: str
) -> None:
    code, output = migrate()
    assert code == 0, output
    names = [line.split()[1] for line in output.splitlines() if line.startswith("applied ")]
    assert names == sorted(file.name for file in _MIGRATIONS.glob("*.sql"))
    tables = postgresql.query(_TABLES, database_url)
    schemas = {name.partition(".")[0] for name in tables.splitlines()}
    assert schemas == {"project_1", "project_2", "shared", "analysis"}

    code, output = migrate()
    assert (code, output) == (0, f"nothing to apply\nthe schema is at version {len(names)}\n")
    assert postgresql.query(_TABLES, database_url) == tables


def test_one_that_fails_leaves_nothing_behind_and_can_be_mended(
    migrate: Callable[..., tuple[int, str]], postgresql: Database, database_url: str, migrations: Path
) -> None:
    assert migrate()[0] == 0
    postgresql.query("insert into project_2.swing_order (quantity, total) values (3, 37.50)", database_url)
    file = migrations / "005_add_currency.sql"
    statements = "alter table project_2.swing_order add column note text;\n"
    file.write_text(f"-- +goose Up\n{statements}alter table project_2.swing_order add column currency text not null;\n")

    code, output = migrate()
    assert code == 1
    assert "005_add_currency.sql" in output
    assert 'column "currency" of relation "swing_order" contains null values' in output
    assert "Nothing of it is in the database" in output
    columns = "select column_name from information_schema.columns where table_name = 'swing_order' order by 1"
    assert postgresql.query(columns, database_url).split() == ["id", "ordered_at", "quantity", "total"]
    assert "the schema is at version 4" in migrate("version")[1]

    file.write_text(file.read_text().replace("not null", "not null default 'EUR'"))
    assert migrate()[0] == 0
    assert postgresql.query("select currency from project_2.swing_order", database_url) == "EUR"


def test_of_two_at_once_one_waits_for_the_other(
    start: Callable[..., subprocess.Popen[str]], postgresql: Database, database_url: str, migrations: Path
) -> None:
    (migrations / "005_slow.sql").write_text("-- +goose Up\nselect pg_sleep(2);\n")
    first, second = start(), start()
    outputs = sorted((_end(first), _end(second)), key=lambda end: end[1])
    assert [code for code, _ in outputs] == [0, 0], outputs
    assert [output.count("applied ") for _, output in outputs] == [5, 0]
    assert postgresql.query("select count(*) from goose_db_version where version_id = 5", database_url) == "1"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_one_that_is_killed_leaves_nothing_behind_and_keeps_no_lock(
    start: Callable[..., subprocess.Popen[str]],
    postgresql: Database,
    database_url: str,
    migrations: Path,
    number: signal.Signals,
) -> None:
    slow = migrations / "005_slow.sql"
    slow.write_text("-- +goose Up\ncreate table shared.half ();\nselect pg_sleep(60);\n")
    process = start()
    sleeping = "select count(*) from pg_stat_activity where datname = current_database() and query ~ '^select pg_sleep'"
    wait.until(
        lambda: postgresql.query(sleeping, database_url) == "1", seconds=_SECONDS, outcome="sleep", object="migration"
    )
    process.send_signal(number)
    assert _end(process)[0] != 0

    slow.write_text("-- +goose Up\ncreate table shared.half ();\n")
    code, output = _end(start())
    assert code == 0, output


def test_one_that_cannot_get_a_table_gives_up_instead_of_holding_up_all_others(
    migrate: Callable[..., tuple[int, str]], postgresql: Database, database_url: str, migrations: Path
) -> None:
    assert migrate()[0] == 0
    (migrations / "005_add_note.sql").write_text("-- +goose Up\nalter table shared.portfolio_position add note text;\n")
    reader = subprocess.Popen(
        [Path(postgresql.ping[0]).with_name("psql"), "--no-psqlrc", "--quiet", f"--dbname={database_url}"],
        env=postgresql.environment,
        stdin=subprocess.PIPE,
        text=True,
    )
    assert reader.stdin is not None
    reader.stdin.write("begin; select * from shared.portfolio_position;\n")
    reader.stdin.flush()
    reading = "select count(*) from pg_locks where relation = 'shared.portfolio_position'::regclass"
    wait.until(
        lambda: postgresql.query(reading, database_url) != "0", seconds=_SECONDS, outcome="read", object="reader"
    )
    code, output = migrate()
    reader.communicate("rollback;\n", timeout=_SECONDS)
    assert code == 1
    assert "lock timeout" in output
    assert migrate()[0] == 0


@pytest.mark.parametrize(
    ("variables", "command", "reason"),
    [
        ({"GOOSE_DBSTRING": ""}, "up", "GOOSE_DBSTRING is not set"),
        ({"GOOSE_DBSTRING": "mysql://correct-horse"}, "up", "GOOSE_DBSTRING is no URL of a PostgreSQL database"),
        ({"GOOSE_MIGRATION_DIR": "/nonexistent"}, "up", "/nonexistent"),
        ({}, "sideways", "sideways: no such command"),
    ],
)
def test_what_is_wrong_is_one_line_without_the_password(
    migrate: Callable[..., tuple[int, str]], variables: dict[str, str], command: str, reason: str
) -> None:
    code, output = migrate(command, **variables)
    assert code == 1
    assert reason in output
    assert "correct-horse" not in output


def test_each_can_be_taken_back(
    migrate: Callable[..., tuple[int, str]], postgresql: Database, database_url: str
) -> None:
    assert migrate()[0] == 0
    for file in sorted(_MIGRATIONS.glob("*.sql"), reverse=True):
        postgresql.query(file.read_text().partition("-- +goose Down")[2], database_url)
    assert postgresql.query(_TABLES, database_url) == ""

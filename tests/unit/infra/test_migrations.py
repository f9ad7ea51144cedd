"""The migrations of the Deploy repository, on a real PostgreSQL: each once, whole or not at all, one at a time."""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from lab_helpers import wait
from tests import migrations
from tests.backing_services import Database

_TABLES = """
select table_schema || '.' || table_name from information_schema.tables
where table_schema in ('project_1', 'project_2', 'shared', 'analysis') order by 1
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A copy of the migrations, to be added to."""
    return Path(shutil.copytree(migrations.DIRECTORY, tmp_path / "migrations"))


def test_each_is_applied_once_in_its_order(postgresql: Database, database_url: str) -> None:
    code, output = migrations.up(database_url)
    assert code == 0, output
    names = [line.split()[1] for line in output.splitlines() if line.startswith("applied ")]
    assert names == sorted(file.name for file in migrations.DIRECTORY.glob("*.sql"))
    tables = postgresql.query(_TABLES, database_url)
    schemas = {name.partition(".")[0] for name in tables.splitlines()}
    assert schemas == {"project_1", "project_2", "shared", "analysis"}

    code, output = migrations.up(database_url)
    assert (code, output) == (0, f"nothing to apply\nthe schema is at version {len(names)}\n")
    assert postgresql.query(_TABLES, database_url) == tables


def test_one_that_fails_leaves_nothing_behind_and_can_be_mended(
    postgresql: Database, database_url: str, directory: Path
) -> None:
    assert migrations.up(database_url, directory)[0] == 0
    postgresql.query("insert into project_2.swing_order (quantity, total) values (3, 37.50)", database_url)
    file = directory / "006_add_currency.sql"
    statements = "alter table project_2.swing_order add column note text;\n"
    file.write_text(f"-- +goose Up\n{statements}alter table project_2.swing_order add column currency text not null;\n")

    code, output = migrations.up(database_url, directory)
    assert code == 1
    assert "006_add_currency.sql" in output
    assert 'column "currency" of relation "swing_order" contains null values' in output
    assert "Nothing of it is in the database" in output
    columns = "select column_name from information_schema.columns where table_name = 'swing_order' order by 1"
    assert postgresql.query(columns, database_url).split() == ["id", "ordered_at", "quantity", "total"]
    assert "the schema is at version 5" in migrations.end(migrations.start(database_url, directory, "version"))[1]

    file.write_text(file.read_text().replace("not null", "not null default 'EUR'"))
    assert migrations.up(database_url, directory)[0] == 0
    assert postgresql.query("select currency from project_2.swing_order", database_url) == "EUR"


def test_of_two_at_once_one_waits_for_the_other(postgresql: Database, database_url: str, directory: Path) -> None:
    (directory / "006_slow.sql").write_text("-- +goose Up\nselect pg_sleep(2);\n")
    first, second = (migrations.start(database_url, directory) for _ in range(2))
    outputs = sorted((migrations.end(first), migrations.end(second)), key=lambda end: end[1])
    assert [code for code, _ in outputs] == [0, 0], outputs
    assert [output.count("applied ") for _, output in outputs] == [6, 0]
    assert postgresql.query("select count(*) from goose_db_version where version_id = 6", database_url) == "1"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_one_that_is_killed_leaves_nothing_behind_and_keeps_no_lock(
    postgresql: Database, database_url: str, directory: Path, number: signal.Signals
) -> None:
    slow = directory / "006_slow.sql"
    slow.write_text("-- +goose Up\ncreate table shared.half ();\nselect pg_sleep(600);\n")
    process = migrations.start(database_url, directory)
    sleeping = "select count(*) from pg_stat_activity where datname = current_database() and query ~ '^select pg_sleep'"
    wait.until(
        lambda: postgresql.query(sleeping, database_url) == "1",
        seconds=migrations.SECONDS,
        outcome="sleep",
        object="migration",
    )
    process.send_signal(number)
    assert migrations.end(process)[0] != 0

    slow.write_text("-- +goose Up\ncreate table shared.half ();\n")
    code, output = migrations.up(database_url, directory)
    assert code == 0, output


def test_one_that_cannot_get_a_table_gives_up_instead_of_holding_up_all_others(
    postgresql: Database, database_url: str, directory: Path
) -> None:
    assert migrations.up(database_url, directory)[0] == 0
    (directory / "006_add_note.sql").write_text("-- +goose Up\nalter table shared.portfolio_position add note text;\n")
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
        lambda: postgresql.query(reading, database_url) != "0",
        seconds=migrations.SECONDS,
        outcome="read",
        object="reader",
    )
    code, output = migrations.up(database_url, directory)
    reader.communicate("rollback;\n", timeout=migrations.SECONDS)
    assert code == 1
    assert "lock timeout" in output
    assert migrations.up(database_url, directory)[0] == 0


@pytest.mark.parametrize(
    ("url", "where", "command", "reason"),
    [
        ("", migrations.DIRECTORY, "up", "GOOSE_DBSTRING is not set"),
        ("mysql://correct-horse", migrations.DIRECTORY, "up", "GOOSE_DBSTRING is no URL of a PostgreSQL database"),
        ("postgresql://app:correct-horse@127.0.0.1:1/app", Path("/nonexistent"), "up", "/nonexistent"),
        ("", migrations.DIRECTORY, "sideways", "sideways: no such command"),
    ],
)
def test_what_is_wrong_is_one_line_without_the_password(url: str, where: Path, command: str, reason: str) -> None:
    code, output = migrations.end(migrations.start(url, where, command))
    assert code == 1
    assert reason in output
    assert "correct-horse" not in output


def test_each_can_be_taken_back(postgresql: Database, database_url: str) -> None:
    assert migrations.up(database_url)[0] == 0
    for file in sorted(migrations.DIRECTORY.glob("*.sql"), reverse=True):
        postgresql.query(file.read_text().partition("-- +goose Down")[2], database_url)
    assert postgresql.query(_TABLES, database_url) == ""

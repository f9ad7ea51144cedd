"""The process with a real PostgreSQL: one report a window, whole or not at all, and an exit status that is honest."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

_SOURCE = Path(__file__).parents[1] / "src"
_PATIENCE_SECONDS = 120.0
WINDOW = "2026-01-31"
READINGS = """
INSERT INTO readings.reading VALUES
    ('hall', '2026-01-31T00:00:00Z', 20), ('hall', '2026-01-31T23:59:59.999999Z', 22), ('Cellar', '2026-01-31', 9),
    ('hall', '2026-01-30T23:59:59.999999Z', 1), ('hall', '2026-02-01T00:00:00Z', 1)
"""


def start(database: str, **settings: str) -> subprocess.Popen[str]:
    """The job, as the image runs it."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(_SOURCE), "DATABASE_URL": database, "WINDOW": WINDOW}
    return subprocess.Popen(
        [sys.executable, "-m", "prj_03"],
        env={**environment, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(job: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]]]:
    """Its exit status, and what it logged."""
    out, err = job.communicate(timeout=_PATIENCE_SECONDS)
    assert err == ""
    return job.returncode, [json.loads(line) for line in out.splitlines()]


def run(database: str, **settings: str) -> tuple[int, list[dict[str, Any]]]:
    return ended(start(database, **settings))


def stored(database: str) -> str | None:
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT body FROM reports.report").fetchone()
    return row[0] if row else None


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def filled(database: str) -> str:
    with psycopg.connect(database) as connection:
        connection.execute(READINGS)
    return database


def test_a_report_is_about_the_window_and_nothing_else(filled: str, tmp_path: Path) -> None:
    status, lines = run(filled, REPORT_DIR=str(tmp_path))
    assert (status, lines[-1]["message"], lines[-1]["readings"]) == (0, "report stored", 3)
    body = stored(filled)
    assert body is not None
    report = json.loads(body)
    assert (report["start"], report["end"], report["readings"]) == ("2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z", 3)
    assert [(each["sensor"], each["mean"]) for each in report["sensors"]] == [("Cellar", 9), ("hall", 21)]
    assert [path.name for path in tmp_path.iterdir()] == [f"{WINDOW}.json"]
    assert (tmp_path / f"{WINDOW}.json").read_bytes() == body.encode()


def test_a_report_that_was_made_stands(filled: str, tmp_path: Path) -> None:
    assert run(filled)[0] == 0
    first = stored(filled)
    with psycopg.connect(filled) as connection:
        connection.execute("INSERT INTO readings.reading VALUES ('hall', '2026-01-31T12:00Z', 99)")
    status, lines = run(filled, REPORT_DIR=str(tmp_path))
    assert (status, lines[-1]["message"]) == (0, "report stands")
    assert stored(filled) == first == (tmp_path / f"{WINDOW}.json").read_text(encoding="utf-8")


def test_the_same_readings_make_the_same_report_anew(filled: str) -> None:
    assert run(filled)[0] == 0
    first = stored(filled)
    with psycopg.connect(filled) as connection:
        connection.execute("DELETE FROM reports.report")
    assert run(filled)[0] == 0
    assert stored(filled) == first


def test_a_window_without_a_reading_is_a_failure_and_stores_nothing(database: str, tmp_path: Path) -> None:
    status, lines = run(database, REPORT_DIR=str(tmp_path))
    assert status == 4
    assert lines[-1]["message"] == f"there is no reading in {WINDOW}: nothing is stored"
    assert stored(database) is None
    assert list(tmp_path.iterdir()) == []


def test_wrong_settings_are_one_line_and_status_1() -> None:
    job = start("nonsense", WINDOW="tomorrow")
    out, err = job.communicate(timeout=_PATIENCE_SECONDS)
    assert (job.returncode, out) == (1, "")
    assert err.startswith("prj-03: DATABASE_URL: is no URL")
    assert err.count("\n") == 1


def test_a_database_that_is_away_is_waited_for_and_then_status_3(tmp_path: Path) -> None:
    status, lines = run(f"postgresql://app:correct-horse@/readings?host={tmp_path}", PATIENCE_SECONDS="5")
    assert status == 3
    *before, last = [line["level"] for line in lines]
    assert (set(before), last) == ({"warning"}, "error")
    assert lines[-1]["message"].startswith("the database is away: ")
    assert "correct-horse" not in json.dumps(lines)


def test_a_migration_waits_for_the_database_and_then_says_why_not_in_a_line(tmp_path: Path) -> None:
    settings = {"DATABASE_URL": f"postgresql://app:correct-horse@/readings?host={tmp_path}", "PATIENCE_SECONDS": "5"}
    command = [sys.executable, "-m", "prj_03.migrate"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(_SOURCE), **settings}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "the database is away" in done.stdout
    assert done.stderr.startswith("prj-03: connection")
    assert done.stderr.count("\n") == 1
    assert "correct-horse" not in done.stdout + done.stderr


def test_a_database_that_is_not_migrated_is_status_3_at_once(filled: str) -> None:
    with psycopg.connect(filled) as connection:
        connection.execute("DROP TABLE reports.report")
    status, lines = run(filled)
    assert (status, len(lines)) == (3, 1)
    assert "reports.report" in lines[0]["message"]


def test_a_directory_that_cannot_be_written_is_status_5_and_the_report_is_in_the_database(
    filled: str, tmp_path: Path
) -> None:
    (tmp_path / f".{WINDOW}.json.part").mkdir()
    status, lines = run(filled, REPORT_DIR=str(tmp_path))
    assert status == 5
    assert lines[-1]["message"].startswith("REPORT_DIR: ")
    assert stored(filled) is not None


def test_two_at_once_make_one_report_and_both_succeed(filled: str, tmp_path: Path) -> None:
    jobs = [start(filled, REPORT_DIR=str(tmp_path)) for _ in range(3)]
    outcomes = [ended(job) for job in jobs]
    assert [status for status, _ in outcomes] == [0, 0, 0]
    assert sorted(lines[-1]["message"] for _, lines in outcomes) == ["report stands", "report stands", "report stored"]
    assert len({lines[-1]["sha256"] for _, lines in outcomes}) == 1


def test_one_that_never_gets_its_turn_is_status_6(filled: str) -> None:
    with psycopg.connect(filled) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('prj-03'), hashtext(%s))", (WINDOW,))
        status, lines = run(filled, PATIENCE_SECONDS="0.2")
    assert status == 6
    assert lines[-1]["message"] == f"another run has had {WINDOW} for all that time"


def test_a_signal_that_comes_while_it_still_imports_ends_it(tmp_path: Path) -> None:
    # Else the first process of a container would ignore it.
    (tmp_path / "psycopg.py").write_text("import time; time.sleep(60)")
    with start("", PYTHONPATH=f"{tmp_path}{os.pathsep}{_SOURCE}") as job:
        try:
            status = Path(f"/proc/{job.pid}/status")
            until(lambda: int(status.read_text().partition("SigCgt:")[2].split()[0], 16) & 1 << signal.SIGTERM - 1)
            job.terminate()
            assert ended(job) == (143, [])
        finally:
            job.kill()


def test_a_full_volume_is_named(filled: str, tmp_path: Path) -> None:
    # It refuses each write as a full volume does, for which the system names no file.
    (tmp_path / f".{WINDOW}.json.part").symlink_to("/dev/full")
    status, lines = run(filled, REPORT_DIR=str(tmp_path))
    assert (status, lines[-1]["message"]) == (5, f"REPORT_DIR: No space left on device: {tmp_path}")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 143), (signal.SIGKILL, -9)])
def test_stopped_in_the_middle_it_stores_nothing_and_leaves_nobody_waiting(
    number: signal.Signals, status: int, filled: str
) -> None:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'readings.reading'::regclass"
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
    with psycopg.connect(filled) as held, psycopg.connect(filled, autocommit=True) as observer:
        held.execute("LOCK TABLE readings.reading")
        job = start(filled)
        until(lambda: observer.execute(waiting).fetchone() == (1,))
        job.send_signal(number)
        job.communicate(timeout=_PATIENCE_SECONDS)
        assert job.returncode == status
        until(lambda: observer.execute(sessions, (f"prj-03 {WINDOW}",)).fetchone() == (0,))
    assert stored(filled) is None
    assert run(filled)[0] == 0

"""prj_03 killed at random moments: run again, it gives the same report byte for byte, and never half of one."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from lab_helpers import checkout, shell, wait
from tests import kills, python_applications
from tests.backing_services import Database
from tests.unit.app import collected_readings

_WINDOW = "2026-01-31T12"
_SENSORS, _READINGS = 20, 1500  # so many that a run takes a while
_ROWS = f"""
insert into readings.reading
    select 'sensor-' || sensor, timestamptz '2026-01-31T12:00:00Z' + number * interval '2 s', sin(sensor * number) * 40
    from generate_series(1, {_SENSORS}) sensor, generate_series(0, {_READINGS} - 1) number;
"""
_BODIES = "select body from reports.report"
_SESSIONS = "select count(*) from pg_stat_activity where application_name like 'prj-03 %'"
_PATIENCE_SECONDS = 120.0


def test_a_retry_gives_the_same_report_whenever_the_job_was_killed(
    postgresql: Database, database_url: str, tmp_path: Path
) -> None:
    chance = random.Random(os.environ[kills.SEED])
    settings = {"DATABASE_URL": database_url, "WINDOW": _WINDOW, "REPORT_DIR": str(tmp_path)}
    postgresql.query(collected_readings.tables() + _ROWS, database_url)
    _run(settings, "prj_03.migrate")
    began = time.monotonic()
    assert _run(settings) == 0
    seconds = time.monotonic() - began
    body = postgresql.query(_BODIES, database_url)
    assert json.loads(body)["readings"] == _SENSORS * _READINGS
    file = tmp_path / f"{_WINDOW}.json"
    content = file.read_bytes()
    for _ in range(kills.number()):
        postgresql.query("delete from reports.report", database_url)
        file.unlink()
        number = chance.choice((signal.SIGTERM, signal.SIGKILL))
        status = _kill(settings, chance.random() * seconds, number)
        # Before it listens to signals it has done nothing yet.
        assert status in (-number, 0, 143), status
        assert postgresql.query(_BODIES, database_url) in ("", body)
        assert not file.exists() or file.read_bytes() == content
        assert _run(settings) == 0
        assert postgresql.query(_BODIES, database_url) == body
        assert file.read_bytes() == content
        assert list(tmp_path.iterdir()) == [file]
    wait.until(
        lambda: postgresql.query(_SESSIONS, database_url) == "0",
        seconds=_PATIENCE_SECONDS,
        outcome="be gone",
        object="sessions of killed jobs",
    )


def _kill(settings: Mapping[str, str], seconds: float, number: signal.Signals) -> int:
    """Start the job and send it a signal after some time, if it is not done by then; its exit status."""
    with _started(settings) as job:
        try:
            return job.wait(seconds)
        except subprocess.TimeoutExpired:
            job.send_signal(number)
            return job.wait(_PATIENCE_SECONDS)


def _run(settings: Mapping[str, str], module: str = "prj_03") -> int:
    with _started(settings, module) as job:
        return job.wait(_PATIENCE_SECONDS)


def _started(settings: Mapping[str, str], module: str = "prj_03") -> subprocess.Popen[str]:
    source = checkout.app_directory() / "prj_03/src"
    environment = {"PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1", **settings}
    command: list[str | Path] = [python_applications.interpreter("prj_03"), "-m", module]
    return shell.start(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

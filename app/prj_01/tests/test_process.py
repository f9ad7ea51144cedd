"""The processes as the image runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import psycopg
import pytest

from prj_01.migrate import migrate

SOURCE = Path(__file__).parents[1] / "src"
NOWHERE = "postgresql://app:secret@127.0.0.1:9/app"


@dataclass
class Process:
    """A process whose log is read as it comes."""

    running: subprocess.Popen[str]
    port: int = 0

    def wait_for(self, message: str) -> dict:
        """The next line of the log with that message."""
        for line in self.running.stdout:
            entry = json.loads(line)
            if entry["message"] == message:
                return entry
        raise AssertionError(f"ended without saying: {message}")

    def ask(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def end(self) -> int:
        self.running.send_signal(signal.SIGTERM)
        self.running.stdout.read()
        return self.running.wait(120)


@contextmanager
def start(module: str, **variables: str) -> Iterator[Process]:
    path = os.pathsep.join([str(SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {"PATH": os.environ["PATH"], "HOST": "127.0.0.1", "PORT": "0", "PYTHONPATH": path, **variables}
    command = [sys.executable, "-m", module]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            yield Process(running)
        finally:
            running.kill()


@contextmanager
def serve(module: str, **variables: str) -> Iterator[Process]:
    with start(module, **variables) as process:
        process.port = process.wait_for("listening")["port"]
        yield process


def until(condition: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_without_its_database_it_is_alive_and_not_ready():
    with serve("prj_01", FEED_URL="http://127.0.0.1:9/readings", DATABASE_URL=NOWHERE) as collector:
        until(lambda: "refused" in collector.ask("/ready")[1])
        status, reason = collector.ask("/ready")
        assert status == 503
        assert "secret" not in reason
        assert collector.ask("/health") == (200, '{"status": "ok"}\n')
        assert "prj_01_database_up 0.0" in collector.ask("/metrics")[1]
        assert collector.ask("/nothing")[0] == 404
        with closing(HTTPConnection("127.0.0.1", collector.port)) as connection:
            connection.request("GET", "http://[", headers={"host": "collector"})
            assert connection.getresponse().status == 400
        assert collector.end() == 0


def test_it_collects_aggregates_and_drains(database_url):
    with (
        serve("prj_01.feed", FEED_RATE="100", FEED_HISTORY="6000") as feed,
        serve(
            "prj_01",
            FEED_URL=f"http://127.0.0.1:{feed.port}/readings",
            DATABASE_URL=database_url,
            POLL_SECONDS="0.05",
            AGGREGATE_SECONDS="0.2",
            APP_VERSION="v9.9.9",
        ) as collector,
        psycopg.connect(database_url, autocommit=True) as connection,
    ):
        until(lambda: connection.execute("SELECT sum(count) >= 6050 FROM readings.minute").fetchone()[0])
        assert collector.ask("/ready") == (200, '{"status": "ready"}\n')
        assert json.loads(collector.ask("/version")[1])["version"] == "v9.9.9"
        assert "prj_01_missed_total 0.0" in collector.ask("/metrics")[1]
        assert collector.end() == 0
        count, first, last = connection.execute("SELECT count(*), min(at), max(at) FROM readings.reading").fetchone()
        assert count == round((last - first).total_seconds() * 100) + 1, "without a gap"
        assert feed.end() == 0


def test_a_database_that_was_made_anew_gets_what_the_feed_still_has(database_url):
    count = "SELECT count(*) FROM readings.reading"
    with (
        serve("prj_01.feed", FEED_RATE="100", FEED_HISTORY="2000") as feed,
        serve("prj_01", FEED_URL=f"http://127.0.0.1:{feed.port}/readings", DATABASE_URL=database_url),
        psycopg.connect(database_url, autocommit=True) as connection,
    ):
        until(lambda: connection.execute(count).fetchone()[0] > 1900)
        connection.execute("DROP SCHEMA readings CASCADE")
        migrate(database_url)
        until(lambda: connection.execute(count).fetchone()[0] > 1900)


def test_a_signal_that_comes_while_it_still_imports_ends_it(tmp_path):
    # Else the first process of a container would ignore it.
    (tmp_path / "psycopg.py").write_text("import time; time.sleep(60)")
    with start("prj_01", PYTHONPATH=f"{tmp_path}{os.pathsep}{SOURCE}") as collector:
        status = Path(f"/proc/{collector.running.pid}/status")
        until(lambda: int(status.read_text().partition("SigCgt:")[2].split()[0], 16) & 1 << signal.SIGTERM - 1)
        assert collector.end() == 0


def test_a_database_without_tables_says_what_to_run(empty_database_url):
    with serve("prj_01", FEED_URL="http://127.0.0.1:9/readings", DATABASE_URL=empty_database_url) as collector:
        until(lambda: "python -m prj_01.migrate" in collector.ask("/ready")[1])
        with start("prj_01.migrate", DATABASE_URL=empty_database_url) as migration:
            assert migration.running.wait(120) == 0
        until(lambda: collector.ask("/ready")[0] == 200)


def test_a_database_that_takes_nothing_is_not_ready(database_url):
    read_only = f"{database_url}{'&' if '?' in database_url else '?'}options=-c%20default_transaction_read_only%3Don"
    with serve("prj_01", FEED_URL="http://127.0.0.1:9/readings", DATABASE_URL=read_only) as collector:
        until(lambda: "the tables cannot be written to" in collector.ask("/ready")[1])
        assert collector.ask("/health")[0] == 200
        assert "prj_01_database_up 0.0" in collector.ask("/metrics")[1]


@pytest.mark.parametrize(
    ("module", "variables", "complaint"),
    [
        ("prj_01", {}, "prj-01: FEED_URL: is required and not set; DATABASE_URL: is required and not set\n"),
        ("prj_01.feed", {"FEED_RATE": "0"}, "prj-01: FEED_RATE: '0' is not a number from 0.01 to 1000\n"),
        ("prj_01.migrate", {}, "prj-01: DATABASE_URL: is required and not set\n"),
        ("prj_01.migrate", {"DATABASE_URL": NOWHERE, "MIGRATE_SECONDS": "0"}, "prj-01: DATABASE_URL: connection"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_1(module, variables, complaint):
    with start(module, **variables) as process:
        stdout, stderr = process.running.communicate(timeout=120)
        assert process.running.returncode == 1
    assert (stdout, stderr.count("\n")) == ("", 1)
    assert stderr.startswith(complaint)
    assert "secret" not in stderr


def test_a_port_that_is_taken_is_one_line_and_exit_1():
    with serve("prj_01.feed") as feed, start("prj_01.feed", PORT=str(feed.port)) as second:
        assert second.running.wait(120) == 1
        assert (
            second.running.stderr.read()
            == f"prj-01: PORT: cannot listen on 127.0.0.1:{feed.port}: Address already in use\n"
        )

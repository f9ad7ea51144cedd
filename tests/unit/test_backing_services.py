"""The servers that tests of applications use: real, apart from each other, and gone with whoever started them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lab_helpers import checkout, shell, wait
from tests.backing_services import Database, postgresql_server, redis_server

_STARTS_ONE = """
from tests.backing_services import postgresql_server
with postgresql_server() as server:
    print(server.url, flush=True)
    input()
"""


def test_each_test_has_a_database_of_its_own(postgresql: Database, database_url: str) -> None:
    postgresql.query("CREATE TABLE words (word text)", database_url)
    assert postgresql.query("SELECT count(*), 'x' FROM words", database_url) == "0|x"
    assert postgresql.query("SELECT to_regclass('words')", postgresql.create()) == ""


def test_a_killed_server_starts_again_with_what_it_was_told() -> None:
    with postgresql_server() as server, redis_server() as broker:
        server.query("CREATE TABLE words AS SELECT 'kept' AS word", server.url)
        redis = [*broker.ping[:-1], "--raw"]
        shell.run([*redis, "SET", "word", "kept"], env=broker.environment)
        for killed in (server, broker):
            killed.end()
            killed.start()
        assert server.query("SELECT word FROM words", server.url) == "kept"
        assert shell.run([*redis, "GET", "word"], env=broker.environment).stdout == "kept\n"


def test_a_server_ends_with_whoever_started_it(tmp_path: Path) -> None:
    root, environment = checkout.source_directory(), {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", _STARTS_ONE]
    with shell.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, env=environment) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert str(tmp_path) in _running()
        process.kill()
    wait.until(lambda: str(tmp_path) not in _running(), seconds=120, outcome="end", object=url)


def _running() -> str:
    return shell.run(["ps", "-eww", "-o", "args"]).stdout

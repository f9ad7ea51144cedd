"""What the README of prj_01 tells to type works in a directory that holds nothing but its App repository."""

from __future__ import annotations

import re
import socket
import subprocess
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest

from lab_helpers import shell, wait
from lab_helpers.errors import LabError
from lab_helpers.images import applications
from tests.backing_services import Database

_SECONDS = 180.0  # for an environment is installed first
_PORTS = ("8080", "8081")


@pytest.fixture
def ports() -> dict[str, str]:
    """A free port for each that the README names."""
    with ExitStack() as stack:
        free = [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in _PORTS]
    return dict(zip(_PORTS, map(str, free), strict=True))


def test_its_commands_collect_readings(
    tmp_path: Path, postgresql: Database, database_url: str, ports: dict[str, str]
) -> None:
    application = applications.load("prj_01")
    applications.write_source(application, application.releases[0], tmp_path)
    start, look, *_ = re.findall(r"```sh\n(.*?)```", (tmp_path / "README.md").read_text(), re.DOTALL)
    start = re.sub(r"DATABASE_URL=\S+", f"DATABASE_URL='{database_url}' PORT={ports['8080']}", start)
    for written, free in ports.items():
        start, look = start.replace(written, free), look.replace(written, free)
    psql = str(Path(postgresql.ping[0]).parent)
    log = (tmp_path / "log").open("w")
    with log, shell.start(["bash", "-e", "-c", start], cwd=tmp_path, stdout=log, stderr=log, own_group=True) as process:
        try:
            _wait_ready(f"http://127.0.0.1:{ports['8080']}/ready", process, tmp_path / "log")
            environment = {**postgresql.environment, "DATABASE_URL": database_url}
            script = f'PATH="$PATH:{psql}"\n{look}'
            wait.until(
                lambda: "boiler" in shell.run(["bash", "-e", "-c", script], env=environment).stdout,
                seconds=30,
                outcome="be stored",
                object="minutes",
            )
        finally:
            shell.kill_group(process)


def _wait_ready(url: str, process: subprocess.Popen[str], log: Path) -> None:
    def is_ready() -> bool:
        assert process.poll() is None, log.read_text()[-2000:]
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return bool(response.status == 200)
        except urllib.error.HTTPError as error:
            with error:
                raise LabError(error.read().decode(), object=url) from error
        except OSError as error:
            raise LabError(str(error), object=url) from error

    wait.until(is_ready, seconds=_SECONDS, outcome="answer", object=url, last_event=lambda: log.read_text()[-2000:])

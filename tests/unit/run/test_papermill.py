"""The engine as papermill's command line uses it: exit codes, parameters, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab_helpers.wait import until
from tests.processes import is_running

from .conftest import MakeNotebook, printed, read_valid, statuses

Papermill = Callable[..., "subprocess.Popen[str]"]

# Tells its own process id and that of a command it started, then goes on until it is stopped.
LONG = """
import os, pathlib, subprocess, time
print("begun")
child = subprocess.Popen(["sleep", "900"])
pathlib.Path("pids.part").write_text(f"{os.getpid()} {child.pid}")
os.rename("pids.part", "pids")
time.sleep(900)
"""

# The command `papermill`.
COMMAND = "from papermill.cli import papermill; papermill()"


def wait_for_long(directory: Path) -> list[str]:
    """Wait until the long cell runs and what it printed was saved; return its processes."""
    output, pids = directory / "out.ipynb", directory / "pids"
    until(pids.exists, seconds=120, outcome="begin")
    until(lambda: '"begun\\n"' in output.read_text(), seconds=120, outcome="be saved while the cell runs")
    return pids.read_text().split()


@pytest.fixture
def papermill(tmp_path: Path) -> Iterator[Papermill]:
    """Start ``papermill --engine lab NOTEBOOK out.ipynb …`` in ``tmp_path``."""
    started: list[subprocess.Popen[str]] = []

    def start(notebook: Path, *arguments: str) -> subprocess.Popen[str]:
        command = [
            sys.executable,
            "-c",
            COMMAND,
            "--engine",
            "lab",
            "--start-timeout",
            "300",
            notebook.name,
            "out.ipynb",
        ]
        process = subprocess.Popen(
            [*command, *arguments],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_parameters_reach_the_notebook(make_notebook: MakeNotebook, papermill: Papermill, tmp_path: Path) -> None:
    notebook = make_notebook("print(provider)", parameters="provider = 'auto'")
    process = papermill(notebook, "-p", "provider", "kind")
    output, _ = process.communicate()
    assert process.returncode == 0, output
    nb = read_valid(tmp_path / "out.ipynb")
    assert printed(nb) == ["kind\n"]
    assert nb.metadata.papermill.parameters == {"provider": "kind"}


def test_a_parameter_is_what_the_notebook_declares(
    make_notebook: MakeNotebook, papermill: Papermill, tmp_path: Path
) -> None:
    notebook = make_notebook("print(repr(solve), repr(count))", parameters="solve: bool = None\ncount: int = 1")
    process = papermill(notebook, "-p", "solve", "false", "-r", "count", "7")
    output, _ = process.communicate()
    assert process.returncode == 0, output
    nb = read_valid(tmp_path / "out.ipynb")
    assert printed(nb) == ["False 7\n"]
    assert nb.metadata.papermill.parameters == {"solve": False, "count": 7}


def test_a_value_that_is_none_is_an_error(make_notebook: MakeNotebook, papermill: Papermill, tmp_path: Path) -> None:
    notebook = make_notebook("open('ran', 'w')", parameters="solve: bool = None")
    process = papermill(notebook, "-y", "solve: 2026-01-01")
    output, _ = process.communicate()
    assert process.returncode != 0
    assert "05_sample.ipynb: parameter solve: " in output
    assert not (tmp_path / "ran").exists()


def test_an_unknown_parameter_is_an_error(make_notebook: MakeNotebook, papermill: Papermill, tmp_path: Path) -> None:
    notebook = make_notebook("open('ran', 'w')", parameters="provider = 'auto'")
    process = papermill(notebook, "-p", "provder", "kind")
    output, _ = process.communicate()
    assert process.returncode != 0
    assert "05_sample.ipynb: unknown parameter 'provder'; it knows: provider" in output
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "out.ipynb").exists()


def test_a_failed_cell_is_a_failed_command(make_notebook: MakeNotebook, papermill: Papermill, tmp_path: Path) -> None:
    process = papermill(make_notebook("print('before')\n1 / 0", "x = 2"))
    output, _ = process.communicate()
    assert process.returncode != 0
    assert "ZeroDivisionError" in output
    assert statuses(read_valid(tmp_path / "out.ipynb")) == ["failed", "pending"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_the_run_in_order(
    number: signal.Signals, make_notebook: MakeNotebook, papermill: Papermill, tmp_path: Path
) -> None:
    process = papermill(make_notebook("x = 1", LONG, "x = 2"))
    pids = wait_for_long(tmp_path)
    os.kill(process.pid, number)
    process.communicate(timeout=120)
    assert process.returncode == 128 + number
    until(lambda: not any(map(is_running, pids)), seconds=120, outcome="end")
    nb = read_valid(tmp_path / "out.ipynb")
    assert statuses(nb) == ["completed", "failed", "pending"]
    assert nb.metadata.lab == {"state": "interrupted", "reason": f"Interrupted: {number.name} stopped the run"}
    assert printed(nb) == ["begun\n"]


def test_a_signal_is_heard_while_output_pours_in(
    make_notebook: MakeNotebook, papermill: Papermill, tmp_path: Path
) -> None:
    process = papermill(make_notebook("print('begun')\nwhile True: print('x' * 1000, flush=True)"))
    output = tmp_path / "out.ipynb"
    until(lambda: output.exists() and "begun\\n" in output.read_text(), seconds=120, outcome="be saved")
    process.terminate()
    process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM
    assert read_valid(output).metadata.lab.state == "interrupted"


def test_nothing_outlives_a_killed_run(make_notebook: MakeNotebook, papermill: Papermill, tmp_path: Path) -> None:
    process = papermill(make_notebook("x = 1", LONG, "x = 2"))
    pids = wait_for_long(tmp_path)
    process.kill()
    until(lambda: not any(map(is_running, pids)), seconds=120, outcome="end")
    nb = read_valid(tmp_path / "out.ipynb")
    assert statuses(nb) == ["completed", "running", "pending"]
    assert nb.metadata.lab.state == "running"


_HOLDS_SECRETS = """
import os, sys
from pathlib import Path
from lab_helpers.run.directory import exclusive_output

with exclusive_output(Path(sys.argv[1])):
    secrets = Path(os.environ["LAB_SECRETS_FILE"])
    secrets.write_text("a password")
    print(secrets, flush=True)
    sys.stdin.read()
"""


def test_secrets_do_not_outlive_a_killed_run(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDS_SECRETS, str(tmp_path / "out")],
        env={**os.environ, "LAB_SECRETS_FILE": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        secrets = Path(process.stdout.readline().strip())
        assert secrets.read_text() == "a password"
        process.kill()
    until(lambda: not secrets.parent.exists(), seconds=120, outcome="be removed")

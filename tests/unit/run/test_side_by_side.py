"""Notebooks side by side: those that share a namespace do not meet, and a signal stops all that run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lab_helpers.run.side_by_side import groups, run_side_by_side
from lab_helpers.wait import until

from .conftest import MakeNotebook, is_running, read_valid, statuses

# The stems of notebooks behind which there is a lab: 03 works in lab-03, 05 in prj-02.
FIRST, SECOND = Path("03_cluster.ipynb"), Path("05_first_deploy.ipynb")

# Two notebooks, their outputs and where their events go come as arguments.
RUN_BOTH = """
import sys
from pathlib import Path
from lab_helpers.run.notebooks import execute
from lab_helpers.run.side_by_side import run_side_by_side

def run(notebook):
    output = notebook.with_name(f"out-{notebook.name}")
    return execute(notebook, output, parameters={}, events=notebook.with_name("events.jsonl"))

run_side_by_side([Path(argument) for argument in sys.argv[1:]], run)
"""

LONG = """
import os, pathlib, time
pathlib.Path({part!r}).write_text(str(os.getpid()))
os.rename({part!r}, {pid!r})
time.sleep(60)
"""


def test_notebooks_that_share_no_namespace_run_together() -> None:
    assert groups([FIRST, SECOND]) == [[FIRST, SECOND]]
    assert groups([FIRST, SECOND, SECOND, FIRST]) == [[FIRST, SECOND], [SECOND, FIRST]]
    assert groups([]) == []


def test_those_of_a_group_are_under_way_at_once_and_their_results_stay_in_order() -> None:
    together = threading.Barrier(2, timeout=10)

    def run(notebook: Path) -> str:
        together.wait()
        return notebook.stem

    assert run_side_by_side([SECOND, FIRST], run) == ["05_first_deploy", "03_cluster"]


def test_an_error_comes_once_the_others_have_ended() -> None:
    ended: list[Path] = []
    together, failing = threading.Barrier(2, timeout=10), threading.Event()

    def run(notebook: Path) -> None:
        together.wait()
        if notebook == FIRST:
            failing.set()
            raise ValueError("too green")
        failing.wait(10)
        ended.append(notebook)

    with pytest.raises(ValueError, match="too green"):
        run_side_by_side([FIRST, SECOND], run)
    assert ended == [SECOND]


def test_each_works_in_its_own_directory(make_notebook: MakeNotebook, tmp_path: Path) -> None:
    made = [make_notebook("open('here', 'w').close()", name=notebook.stem) for notebook in (FIRST, SECOND)]
    apart = []
    for notebook in made:
        (tmp_path / notebook.stem).mkdir()
        apart.append(notebook.rename(tmp_path / notebook.stem / notebook.name))
    subprocess.run([sys.executable, "-c", RUN_BOTH, *apart], check=True, cwd=tmp_path, timeout=60)
    assert [(notebook.parent / "here").exists() for notebook in apart] == [True, True]
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_all_of_them(number: signal.Signals, make_notebook: MakeNotebook, tmp_path: Path) -> None:
    pids = [tmp_path / f"pid-{notebook.stem}" for notebook in (FIRST, SECOND)]
    made = [
        make_notebook(LONG.format(part=f"{pid}.part", pid=str(pid)), "x = 2", name=notebook.stem)
        for notebook, pid in zip((FIRST, SECOND), pids, strict=True)
    ]
    with subprocess.Popen([sys.executable, "-c", RUN_BOTH, *made], stderr=subprocess.DEVNULL) as running:
        until(lambda: all(pid.exists() for pid in pids), seconds=30, what="begin")
        os.kill(running.pid, number)
        assert running.wait(20) == 128 + number
    assert [pid for pid in pids if is_running(pid.read_text())] == []
    for notebook in made:
        nb = read_valid(tmp_path / f"out-{notebook.name}")
        assert statuses(nb) == ["failed", "pending"]
        assert nb.metadata.lab == {"state": "interrupted", "reason": f"Interrupted: {number.name} stopped the run"}

"""Notebooks side by side: those that share a namespace do not meet, and a signal stops all that run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab_helpers.errors import LabError
from lab_helpers.run import side_by_side
from lab_helpers.run.engine.stopping import Interrupted
from lab_helpers.run.notebooks import execute
from lab_helpers.run.report.results import NotebookResult
from lab_helpers.run.side_by_side import next_of, start_kernels
from lab_helpers.wait import until
from lab_helpers.workbook.course.outlines import Outline, load
from tests.processes import is_running

from .conftest import MakeNotebook, read_valid, statuses

# The stems of notebooks behind which there is a lab: 03 works in lab-03, 05 in prj-02.
FIRST, SECOND = Path("03_cluster.ipynb"), Path("05_first_deploy.ipynb")

# Two notebooks, their outputs and where their events go come as arguments.
RUN_BOTH = """
import sys
from pathlib import Path
from lab_helpers.run.notebooks import execute
from lab_helpers.run.side_by_side import start_kernels

def run(notebook, _ready):
    output = notebook.with_name(f"out-{notebook.name}")
    return execute(notebook, output, parameters={}, events=notebook.with_name("events.jsonl"))

with start_kernels([Path(argument) for argument in sys.argv[1:]], run) as started:
    started.finish()
"""

LONG = """
import os, pathlib, time
pathlib.Path({part!r}).write_text(str(os.getpid()))
os.rename({part!r}, {pid!r})
time.sleep(900)
"""


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})


def _outline(notebook: str, **declared: Any) -> Outline:
    fields = {"title": "", "minutes": 1, "sections": (), "namespaces": (notebook,), **declared}
    return Outline(notebook, Path(notebook), **fields)


@pytest.mark.parametrize(
    ("declared", "other", "clash"),
    [
        ({}, {}, False),
        ({"namespaces": ("a", "b")}, {"namespaces": ("b",)}, True),
        ({"outside": ("node/a", "clusterrole/a")}, {"outside": ("clusterrole/a",)}, True),
        ({"outside": ("clusterrole/a",)}, {"outside": ("clusterrole/b",)}, False),
        ({"addons": ("traefik",)}, {"addons": ("traefik", "monitoring")}, True),
        ({"addons": ("traefik",)}, {"addons": ("monitoring",)}, False),
        ({"is_exclusive": True}, {}, True),
        ({}, {"is_exclusive": True}, True),
        (
            {"apps": ("prj_02",), "has_deploy_repository": True},
            {"apps": ("prj_02",), "has_deploy_repository": True},
            False,
        ),
    ],
)
def test_what_two_notebooks_declare_says_whether_they_may_run_together(
    declared: dict[str, Any], other: dict[str, Any], clash: bool
) -> None:
    outlines = [_outline("1_a", **declared), _outline("2_b", **other)]
    assert next_of(outlines, [1], running=[0]) == (None if clash else 1)
    assert next_of([outlines[0]] * 2, [1], running=[0]) is None, "the same one"


def test_the_longest_begins_and_of_those_that_share_something_the_first() -> None:
    outlines = [
        _outline("1_a", minutes=5),
        _outline("2_b", minutes=40, namespaces=("shared",)),
        _outline("3_c", minutes=20),
        _outline("4_d", minutes=50, namespaces=("shared",)),
        _outline("5_e", minutes=20),
    ]
    waiting, order = list(range(5)), []
    while waiting:
        position = next_of(outlines, waiting, running=[])
        assert position is not None
        waiting.remove(position)
        order.append(outlines[position].notebook)
    assert order == ["2_b", "4_d", "3_c", "5_e", "1_a"]


def test_of_those_of_the_same_length_for_a_learner_the_one_that_builds_begins() -> None:
    steps = load("05_first_deploy").steps
    outlines = [_outline("1_a"), _outline("2_b", steps=steps), _outline("3_c", has_builds=True), _outline("4_d")]
    assert next_of(outlines, [0, 1, 2, 3], running=[]) == 2
    assert next_of(outlines, [0, 1, 3], running=[2]) == 1


def test_one_that_wants_it_all_is_alone_and_keeps_its_place() -> None:
    outlines = [_outline("1_a"), _outline("2_b", minutes=40, is_exclusive=True), _outline("3_c", minutes=50)]
    assert next_of(outlines, [0, 1, 2], running=[]) == 0
    assert next_of(outlines, [1, 2], running=[0]) is None
    assert next_of(outlines, [1, 2], running=[]) == 1
    assert next_of(outlines, [2], running=[1]) is None
    assert next_of(outlines, [], running=[]) is None


def test_notebooks_that_share_no_namespace_run_together() -> None:
    outlines = [load(FIRST.stem), load(SECOND.stem)]
    assert next_of(outlines, [1], running=[0]) == 1


def test_as_many_run_as_there_are_cores_and_the_next_as_soon_as_one_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["1_short", "2_long", "3_next", "4_last"]
    minutes = dict(zip(names, (30, 40, 20, 10), strict=True))
    monkeypatch.setattr(side_by_side, "load", lambda name: _outline(name, minutes=minutes[name]))
    begun, others_ended = [], threading.Event()
    lock, at_once, most = threading.Lock(), 0, 0

    def run(notebook: Path, ready: Future[float]) -> str:
        nonlocal at_once, most
        with lock:
            begun.append(notebook.stem)
            at_once += 1
            most = max(most, at_once)
        ready.result(120)
        if notebook.stem == "2_long":
            assert others_ended.wait(120), "the others run beside it, one after the other"
        with lock:
            at_once -= 1
        if notebook.stem == "4_last":
            others_ended.set()
        return notebook.stem

    with start_kernels([Path(f"{name}.ipynb") for name in names], run) as started:
        assert started.finish() == names
    assert sorted(begun[:2]) == ["1_short", "2_long"]
    assert begun[2:] == ["3_next", "4_last"]
    assert most == 2


def test_nothing_to_run_ends_at_once() -> None:
    with start_kernels([], lambda notebook, _ready: notebook) as started:
        assert started.finish() == []


def test_those_under_way_at_once_give_their_results_in_order() -> None:
    together = threading.Barrier(2, timeout=120)

    def run(notebook: Path, _ready: Future[float]) -> str:
        together.wait()
        return notebook.stem

    with start_kernels([SECOND, FIRST], run) as started:
        assert started.finish() == ["05_first_deploy", "03_cluster"]


def test_after_an_error_no_other_one_begins() -> None:
    begun = []

    def run(notebook: Path, _ready: Future[float]) -> None:
        begun.append(notebook)
        raise ValueError("too green")

    with pytest.raises(ValueError, match="too green"), start_kernels([FIRST, FIRST], run) as started:
        started.finish()
    assert begun == [FIRST]


def test_an_error_comes_once_the_others_have_ended() -> None:
    ended: list[Path] = []
    together, failing = threading.Barrier(2, timeout=120), threading.Event()

    def run(notebook: Path, _ready: Future[float]) -> None:
        together.wait()
        if notebook == FIRST:
            failing.set()
            raise ValueError("too green")
        failing.wait(120)
        ended.append(notebook)

    with pytest.raises(ValueError, match="too green"), start_kernels([FIRST, SECOND], run) as started:
        started.finish()
    assert ended == [SECOND]


def test_kernels_start_before_what_they_run_on_and_cells_wait_for_it(
    make_notebook: MakeNotebook, tmp_path: Path
) -> None:
    notebook = make_notebook("import os; print(os.environ['PYTHONHASHSEED'], 'ran')", name=FIRST.stem)
    output, events = tmp_path / "out.ipynb", tmp_path / "events.jsonl"

    def run(notebook: Path, ready: Future[float]) -> NotebookResult:
        return execute(notebook, output, parameters={}, events=events, ready=ready, environment={"PYTHONHASHSEED": "7"})

    with start_kernels([notebook], run) as started:
        until(lambda: _kernels("PYTHONHASHSEED=7"), seconds=120, outcome="start its kernel", object="the notebook")
        assert statuses(read_valid(output)) == ["pending"]
        assert not events.exists() or "started" not in events.read_text()
        allowed = datetime.now(UTC)
        [result] = started.finish()
    assert result.passed
    assert "7 ran" in output.read_text()
    recorded_start = read_valid(output).metadata.papermill.start_time
    assert datetime.fromisoformat(recorded_start) >= allowed, "waiting for others is not its time"
    assert not _kernels("PYTHONHASHSEED=7")


def test_where_what_they_run_on_is_not_made_no_cell_runs_and_no_kernel_stays(
    make_notebook: MakeNotebook, tmp_path: Path
) -> None:
    notebook = make_notebook("open('here', 'w').close()", name=FIRST.stem)
    output = tmp_path / "out.ipynb"

    def run(notebook: Path, ready: Future[float]) -> NotebookResult:
        marked = {"PYTHONHASHSEED": "8"}
        return execute(
            notebook, output, parameters={}, events=tmp_path / "events.jsonl", ready=ready, environment=marked
        )

    with pytest.raises(LabError, match="no cluster"), start_kernels([notebook], run):
        raise LabError("no cluster")
    nb = read_valid(output)
    assert statuses(nb) == ["pending"]
    assert nb.metadata.lab.state == "failed"
    assert "was not made" in nb.metadata.lab.reason
    assert not (tmp_path / "here").exists()
    assert not _kernels("PYTHONHASHSEED=8")


def _kernels(variable: str) -> list[str]:
    """The processes below this one with such a variable in their environment."""
    pids = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            with suppress(OSError):
                environment = (entry / "environ").read_bytes().split(b"\0")
                if variable.encode() in environment and is_running(entry.name):
                    pids.append(entry.name)
    return pids


def test_each_works_in_its_own_directory(make_notebook: MakeNotebook, tmp_path: Path) -> None:
    notebooks = [make_notebook("open('here', 'w').close()", name=notebook.stem) for notebook in (FIRST, SECOND)]
    apart = []
    for notebook in notebooks:
        (tmp_path / notebook.stem).mkdir()
        apart.append(notebook.rename(tmp_path / notebook.stem / notebook.name))
    subprocess.run([sys.executable, "-c", RUN_BOTH, *apart], check=True, cwd=tmp_path, timeout=500)
    assert [(notebook.parent / "here").exists() for notebook in apart] == [True, True]
    assert not (tmp_path / "here").exists()


def test_a_signal_between_two_notebooks_stops_the_next(make_notebook: MakeNotebook, tmp_path: Path) -> None:
    """The first one's last moment: its cells have run, and nobody listens for signals in its thread any more."""
    notebook = make_notebook("x = 1", name=FIRST.stem)
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    came = threading.Event()

    def run(notebook: Path, ready: Future[float]) -> str:
        ready.result(120)
        if not came.is_set():
            came.set()
            os.kill(os.getpid(), signal.SIGTERM)
            return "ran"
        try:
            execute(notebook, tmp_path / "out.ipynb", parameters={}, events=tmp_path / "events", ready=ready)
        except Interrupted as reason:
            return reason.signal_name
        return "ran too"

    try:
        with start_kernels([notebook, notebook], run) as started:
            assert started.finish() == ["ran", "SIGTERM"]
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_all_of_them(number: signal.Signals, make_notebook: MakeNotebook, tmp_path: Path) -> None:
    pids = [tmp_path / f"pid-{notebook.stem}" for notebook in (FIRST, SECOND)]
    notebooks = [
        make_notebook(LONG.format(part=f"{pid}.part", pid=str(pid)), "x = 2", name=notebook.stem)
        for notebook, pid in zip((FIRST, SECOND), pids, strict=True)
    ]
    with subprocess.Popen([sys.executable, "-c", RUN_BOTH, *notebooks], stderr=subprocess.DEVNULL) as running:
        until(lambda: all(pid.exists() for pid in pids), seconds=120, outcome="begin")
        os.kill(running.pid, number)
        assert running.wait(120) == 128 + number
    until(lambda: not any(is_running(pid.read_text()) for pid in pids), seconds=120, outcome="end")
    for notebook in notebooks:
        nb = read_valid(tmp_path / f"out-{notebook.name}")
        assert statuses(nb) == ["failed", "pending"]
        assert nb.metadata.lab == {"state": "interrupted", "reason": f"Interrupted: {number.name} stopped the run"}

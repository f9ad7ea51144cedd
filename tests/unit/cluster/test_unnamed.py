"""Only what a run without a name left goes, whatever it is called; everybody else's stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab_helpers import paths
from lab_helpers.cluster import record
from lab_helpers.cluster.sweep import sweep
from lab_helpers.cluster.unnamed import remove_leftovers, running, unused_name
from lab_helpers.errors import LabError


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def work_in(name: str) -> Path:
    file = paths.workspace_directory(name) / "work"
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    return file


def left_by_a_killed_run(name: str) -> Path:
    file = work_in(name)
    (paths.state_directory(name) / "run").write_text("process 1 (lab run)")
    (paths.state_directory(name) / "unnamed").touch()
    return file


def test_a_lab_without_a_name_goes_with_its_run() -> None:
    with running("run-1", "lab run", is_named=False):
        work_in("run-1")
    assert not paths.state_directory("run-1").exists()


def test_a_lab_with_a_name_stays_whatever_it_is_called() -> None:
    with running("run-1", "lab run", is_named=True):
        file = work_in("run-1")
    sweep(print)
    assert file.read_text() == "mine"


def test_a_run_does_not_call_its_lab_as_somebody_has_called_theirs() -> None:
    assert unused_name() == f"run-{os.getpid()}"
    work_in(f"run-{os.getpid()}")
    work_in(f"run-{os.getpid()}-2")
    assert unused_name() == f"run-{os.getpid()}-3"


def test_a_run_that_made_nothing_leaves_nothing() -> None:
    with pytest.raises(LabError, match="too early"), running("a", "lab run", is_named=True):
        raise LabError("too early")
    assert not paths.state_directory("a").exists()


@pytest.mark.parametrize("name", ["run-alice", "run-1", "run-99999999"])
def test_nothing_that_looks_like_a_runs_is_taken_for_one(name: str) -> None:
    file = work_in(name)
    sweep(print)
    assert file.read_text() == "mine"


def test_what_a_killed_run_left_goes_and_what_has_a_record_waits_for_its_cluster() -> None:
    leftover, with_cluster = left_by_a_killed_run("run-1"), left_by_a_killed_run("run-2")
    record.save(
        record.ClusterRecord("run-2", "embedded", 0.0, "1.37.1", {"directory": "/nowhere", "network": 1}, kept=True)
    )
    remove_leftovers()
    assert not leftover.exists()
    assert with_cluster.exists()


def test_what_a_run_under_way_has_stays() -> None:
    with running("run-1", "lab run", is_named=False):
        file = work_in("run-1")
        remove_leftovers()
        assert file.exists()


def test_a_second_run_on_a_lab_is_refused_and_the_first_goes_on() -> None:
    with running("a", "lab run", is_named=True):
        file = work_in("a")
        with pytest.raises(LabError, match="lab a: is in use: process"), running("a", "lab run", is_named=True):
            pass
        assert file.exists()


def test_what_goes_with_its_maker_is_for_nobody_else() -> None:
    record.save(
        record.ClusterRecord("a", "embedded", 0.0, "1.37.1", {"directory": "/nowhere", "network": 1}, kept=False)
    )
    with pytest.raises(LabError, match="goes when that ends"):
        record.expect_kept("a")
    record.save(
        record.ClusterRecord("a", "embedded", 0.0, "1.37.1", {"directory": "/nowhere", "network": 1}, kept=True)
    )
    record.expect_kept("a")

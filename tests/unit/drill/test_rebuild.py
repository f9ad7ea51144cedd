"""`lab drill rebuild` where it does not come to a cluster: what it refuses, what it says halfway, and what it keeps."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest

from lab_helpers import locks
from lab_helpers.cli import main
from lab_helpers.cluster import lifecycle
from lab_helpers.drill.markers import Markers, Proof
from lab_helpers.drill.rebuild import Rebuild
from lab_helpers.drill.stopwatch import Stopwatch
from lab_helpers.errors import LabError

MARKERS = Markers("a1b2c3", "2026-11-29 12:00:00+00", "7000|x", "1|y", "drill-a1b2c3|99.5|z")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("LAB_LANGUAGE", "en")
    monkeypatch.setenv("LAB_NAME", "learner")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path / "kubernetes-lab"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run_main(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lab", "drill", "rebuild", *arguments])
        with pytest.raises(SystemExit) as ended:
            main.main()
        output = capsys.readouterr()
        return int(ended.value.code or 0), output.out, output.err

    return run_main


@pytest.fixture
def backup(state: Path) -> Path:
    """What a drill has kept that ended halfway."""
    directory = state / "drills/drill"
    (directory / "backups").mkdir(parents=True)
    MARKERS.save(directory / "markers.json")
    file = directory / "backups/k3s-20261129T120000Z.tar.age"
    file.touch()
    return file


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> Iterator[None]:
    def create(*_arguments: object, **_options: object) -> NoReturn:
        raise error

    with monkeypatch.context() as context:
        context.setattr(lifecycle, "create", create)
        yield


def test_a_lab_that_is_there_is_not_touched(state: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    workspace = state / "labs/drill/workspace"
    workspace.mkdir(parents=True)
    code, _printed, error = run()
    assert (code, workspace.is_dir()) == (1, True)
    assert "lab drill: is there, and a drill destroys no cluster but its own\n" in error
    assert "next: lab drill rebuild --name drill-2\n" in error


def test_a_backup_that_is_still_there_is_not_replaced(backup: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    code, _printed, error = run()
    assert (code, backup.exists()) == (1, True)
    assert "holds the backup of a drill that ended halfway" in error
    assert "next: lab drill rebuild --name drill --resume " in error


def test_who_is_not_root_is_told_so(
    state: Path, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    code, _printed, error = run("--resume", "--name", "another")
    assert (code, list(state.glob("drills/*"))) == (1, [])
    assert "lab drill rebuild: reads and writes the disk of a node, which only root may\n" in error
    assert 'next: sudo "$(command -v lab)" drill rebuild --name another --resume\n' in error


def test_two_drills_of_one_name_do_not_meet(state: Path, run: Callable[..., tuple[int, str, str]]) -> None:
    (state / "drills").mkdir(parents=True)
    with locks.hold(state / "drills/drill.lock", "test", object="", next_step=""):
        code, _printed, error = run()
    assert (code, "drill drill: is in use: " in error) == (1, True)


def test_where_there_is_no_backup_nothing_is_resumed(run: Callable[..., tuple[int, str, str]]) -> None:
    code, _printed, error = run("--resume", "--name", "another")
    assert (code, "there is no backup to go on with" in error) == (1, True)
    assert "next: lab drill rebuild --name another\n" in error


def test_what_a_killed_drill_left_without_a_backup_is_in_nobodys_way(
    state: Path, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (state / "drills/drill/backups").mkdir(parents=True)
    MARKERS.save(state / "drills/drill/markers.json")
    with failing(monkeypatch, LabError("no space left")):
        code, _printed, error = run()
    assert (code, "no space left" in error) == (1, True), error


@pytest.mark.parametrize("error", [LabError("no space left"), KeyboardInterrupt()])
def test_what_does_not_come_to_a_backup_leaves_nothing(
    error: BaseException, state: Path, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with failing(monkeypatch, error):
        code, _printed, printed = run()
    assert code in (1, 130)
    assert ("no space left" in printed) == (code == 1)
    assert "resume" not in printed
    assert list((state / "drills").iterdir()) == []


@pytest.mark.parametrize(("error", "expected"), [(LabError("no space left"), 1), (KeyboardInterrupt(), 130)])
def test_what_ends_halfway_says_where_the_backup_lies_and_what_to_type(
    error: BaseException,
    expected: int,
    backup: Path,
    run: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with failing(monkeypatch, error):
        code, _printed, printed = run("--resume")
    assert (code, backup.exists()) == (expected, True)
    assert f"ended halfway (create a cluster); the backup lies at {backup}, its key at " in printed
    assert "next: lab drill rebuild --name drill --resume\n" in printed
    assert ("no space left" in printed) == (expected == 1)


@pytest.mark.parametrize("holds", [True, False])
def test_the_exit_code_says_whether_all_is_proven_and_only_then_the_backup_goes(
    holds: bool, backup: Path, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def recover(drill: Rebuild) -> list[Proof]:
        with drill.stopwatch.phase("create a cluster", is_recovery=True):
            return [Proof("new rows come", True, "7"), Proof("reports are as they were", holds, "1|y -> 0|")]

    monkeypatch.setattr(Rebuild, "_recover", recover)
    code, printed, error = run("--resume")
    assert (code, backup.exists()) == ((0, False) if holds else (1, True))
    assert ("1 of 2 proofs do not hold; the backup is kept" in error) != holds
    assert ("next: lab drill rebuild --name drill --resume\n" in error) != holds
    assert f"\n{'✓' if holds else '✗'} reports are as they were: 1|y -> 0|\n" in printed
    assert " * create a cluster\n" in printed


def test_json_is_one_document_of_numbers_and_so_is_the_record(
    backup: Path, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Rebuild, "_recover", lambda _drill: [Proof("new rows come", True, "7")])
    record = tmp_path / "drill.json"
    code, printed, _error = run("--resume", "--json", "--record", str(record))
    document: dict[str, Any] = json.loads(printed)
    assert json.loads(record.read_text()) == document
    assert datetime.fromisoformat(document["began"]) <= datetime.now(UTC)
    assert (code, document["recovery_seconds"], document["limit_seconds"]) == (0, 0, 4 * 3600)
    assert document["proofs"] == [{"name": "new rows come", "holds": True, "evidence": "7"}]
    assert not backup.exists()


def test_a_record_that_cannot_be_written_costs_no_result(
    backup: Path, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Rebuild, "_recover", lambda _drill: [Proof("new rows come", True, "7")])
    code, printed, error = run("--resume", "--record", str(tmp_path / "nowhere/drill.json"))
    assert (code, "✓ new rows come: 7\n" in printed, backup.exists()) == (1, True, False)
    assert "nowhere" in error


@pytest.mark.parametrize(("hours", "expected"), [(1, 0), (5, 1), (-1, 0)])
def test_the_time_goes_on_from_the_loss_whatever_was_tried_since(
    hours: float, expected: int, backup: Path, run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (backup.parents[1] / "lost-at").write_text(str(time.time() - hours * 3600))
    monkeypatch.setattr(Rebuild, "_recover", lambda _drill: [Proof("new rows come", True, "7")])
    code, printed, error = run("--resume", "--json")
    document: dict[str, Any] = json.loads(printed)
    assert ("took longer than the 4 hours" in error) == (expected == 1)
    assert (code, document["recovery_seconds"] >= max(0, hours) * 3600) == (expected, True)
    assert [phase["name"] for phase in document["phases"]] == ["from the loss to this attempt"]


@pytest.mark.parametrize("again", [None, KeyboardInterrupt(), LabError("was not deleted within 30 s")])
def test_the_moment_of_the_loss_is_kept_beside_the_backup_however_it_ends(
    again: BaseException | None,
    state: Path,
    run: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Lost(nullcontext[None]):
        def delete(self) -> NoReturn:
            raise LabError("it is gone, and so is this process")

        def __exit__(self, *_error: object) -> None:
            if again is not None:
                raise again

    def prepare(drill: Rebuild, _cluster: object) -> None:
        MARKERS.save(state / "drills/drill/markers.json")
        (state / "drills/drill/backups/k3s-20261129T120000Z.tar.age").touch()

    monkeypatch.setattr(Rebuild, "_create_cluster", lambda _drill: Lost())
    monkeypatch.setattr(Rebuild, "_prepare", prepare)
    before = time.time()
    code, _printed, error = run()
    assert code == (130 if isinstance(again, KeyboardInterrupt) else 1)
    assert "ended halfway (destroy the cluster); the backup lies at " in error
    assert "next: lab drill rebuild --name drill --resume\n" in error
    assert before <= float((state / "drills/drill/lost-at").read_text()) <= time.time()


def test_only_the_time_without_a_service_counts_and_a_phase_that_failed_stays_the_current_one() -> None:
    lines: list[str] = []
    stopwatch = Stopwatch(lines.append)
    with stopwatch.phase("back up"):
        pass
    with stopwatch.phase("create a cluster", is_recovery=True):
        pass
    with pytest.raises(LabError), stopwatch.phase("restore files and databases", is_recovery=True):
        raise LabError("no space left")
    assert [phase.name for phase in stopwatch.phases] == ["back up", "create a cluster"]
    assert stopwatch.recovery_seconds == stopwatch.phases[1].seconds
    assert (lines[-1], stopwatch.current) == ("restore files and databases",) * 2

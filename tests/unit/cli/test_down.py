"""Who wants a workspace gone says so by its name; otherwise it stays."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from lab_helpers import LabError, paths
from lab_helpers.cli import jupyter
from lab_helpers.cli.jupyter import RunningServer
from lab_helpers.cli.main import app
from lab_helpers.cluster import choose, sweep


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(choose, "maker_of", lambda _name: SimpleNamespace(delete=lambda _name: None))
    monkeypatch.setattr(sweep, "sweep", lambda _progress: None)
    for name in ("lab", "old"):
        (paths.workspace_directory(name) / "notebooks").mkdir(parents=True)
        paths.progress_directory(name).mkdir(parents=True)
    return paths.workspace_directory("old")


def test_work_stays_and_how_to_delete_it_is_said(work: Path) -> None:
    done = CliRunner().invoke(app, ["down", "--name", "old"])
    assert "lab down --name old --workspace" in done.output
    assert work.is_dir()


def test_work_goes_when_its_lab_is_named(work: Path) -> None:
    done = CliRunner().invoke(app, ["down", "--name", "old", "--workspace"])
    assert done.exit_code == 0, done.output
    assert not work.exists()
    assert not paths.progress_directory("old").exists()
    assert paths.workspace_directory("lab").is_dir()
    again = CliRunner().invoke(app, ["down", "--name", "old", "--workspace"])
    assert "deleted" not in again.output
    assert f"there was nothing in {work}" in again.output


@pytest.mark.parametrize("environment", [{}, {"LAB_NAME": "old"}])
def test_work_never_goes_unnamed(work: Path, environment: dict[str, str]) -> None:
    done = CliRunner().invoke(app, ["down", "--workspace"], env=environment)
    assert isinstance(done.exception, LabError)
    assert done.exception.next_step.startswith("lab down --name")
    assert work.is_dir()


@pytest.mark.parametrize("is_open", [True, False])
def test_who_ends_a_cluster_is_told_that_its_room_is_open(monkeypatch: pytest.MonkeyPatch, is_open: bool) -> None:
    monkeypatch.setattr(
        jupyter, "find_running", lambda _name: RunningServer("http://127.0.0.1:8888", Path()) if is_open else None
    )
    done = CliRunner().invoke(app, ["down"])
    assert ("its room is still open: the first two code cells" in done.output) is is_open

"""The workbook's run before there is a cluster: what is refused, and what is told of a notebook that failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab_helpers.cli.run import run as lab_run
from lab_helpers.cluster import choose, record
from lab_helpers.cluster.base import Cluster
from lab_helpers.errors import LabError
from lab_helpers.events import EVENTS_FILE
from lab_helpers.redact import SECRETS_FILE
from lab_helpers.run.results import NotebookResult, StepResult
from lab_helpers.run.workbook import Workbook, _reasons


@pytest.fixture(autouse=True)
def _run_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run tells its kernels by the environment ends with the test."""
    for name in (EVENTS_FILE, SECRETS_FILE):
        monkeypatch.setenv(name, "")


@contextmanager
def no_cluster() -> Iterator[Cluster]:
    raise LabError("no cluster here")
    yield


def test_notebooks_that_no_run_left_are_not_deleted(tmp_path: Path) -> None:
    own = tmp_path / "notebooks" / "mine.ipynb"
    own.parent.mkdir()
    own.write_text("mine")
    with pytest.raises(LabError, match="is no earlier run's"):
        Workbook([], tmp_path, {}).run(no_cluster(), lambda _: None)
    assert own.read_text() == "mine"


def test_what_an_earlier_run_left_goes(tmp_path: Path) -> None:
    for number in (1, 2):
        with pytest.raises(LabError, match="no cluster here"):
            Workbook([], tmp_path, {}).run(no_cluster(), lambda _: None)
        assert list((tmp_path / "notebooks").iterdir()) == []
        (tmp_path / "notebooks" / f"{number}.ipynb").write_text("earlier")


def test_an_output_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="cannot be written") as failure:
        Workbook([], tmp_path / "file", {}).run(no_cluster(), lambda _: None)
    assert failure.value.object == str(tmp_path / "file" / "notebooks")


@pytest.mark.parametrize(("name", "value"), [("name", "foo"), ("provider", "kind")])
def test_what_has_an_option_is_no_parameter(name: str, value: str) -> None:
    with pytest.raises(LabError, match="has an option of its own") as failure:
        lab_run(["03"], parameter=[f"{name}={value}"])
    assert failure.value.next_step == f"lab run --{name} {value}"


def test_what_is_left_of_a_lab_keeps_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made: list[str] = []

    def create(name: str, *_: object) -> Cluster:
        made.append(name)
        record.save(record.Record(name, "embedded", 0.0, "1.37.1", {"directory": "/nowhere", "network": 1}))
        raise LabError("its namespaces were not emptied")

    monkeypatch.setattr(choose.provider("embedded").__class__, "create", lambda _self, *rest: create(*rest))
    with pytest.raises(LabError, match="were not emptied"):
        lab_run(["03"], provider="embedded", output=tmp_path / "out")
    assert record.load(made[0]) is not None, "lab down finds it"


def test_why_a_notebook_failed_is_told_in_a_few_lines(tmp_path: Path) -> None:
    failed = StepResult("5.3", "Roll out", "failed", expected="v1.1.0", seen="v1.0.0", next_step="kubectl get pods")
    result = NotebookResult("05", "failed", 1.0, "a card", tmp_path, steps=[StepResult("5.2", "", "passed"), failed])
    assert _reasons(result) == ["expected: v1.1.0", "seen: v1.0.0", "next: kubectl get pods"]
    lines = [f"line {number}" for number in range(9)]
    assert _reasons(NotebookResult("05", "failed", 1.0, "\n".join(lines), tmp_path)) == lines[-6:]
    assert _reasons(NotebookResult("05", "passed", 1.0, "", tmp_path)) == []

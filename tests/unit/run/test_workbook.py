"""The workbook's run before there is a cluster: what is refused, and what is told of a notebook that failed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lab_helpers.cli.run import run as lab_run
from lab_helpers.cluster import choose, record
from lab_helpers.cluster.base import Cluster
from lab_helpers.errors import LabError
from lab_helpers.events import EVENTS_FILE
from lab_helpers.redact import SECRETS_FILE
from lab_helpers.run import lines, machine
from lab_helpers.run.report.results import NotebookResult, StepResult
from lab_helpers.run.workbook import Workbook
from lab_helpers.workbook.course import outlines

from .conftest import MakeNotebook, printed, read_valid
from .test_loss import StandIn

_PROVES = """from lab_helpers.events import emit
for step in {steps}:
    emit("check", step=step, state="passed")"""


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


@contextmanager
def cluster_in(directory: Path) -> Iterator[Cluster]:
    """What stands for a cluster: none of these notebooks looks at it."""
    yield StandIn(directory, 1)


@pytest.mark.parametrize("harm", ["kernel", "content", "parameters cell", "not there", "output", "no lab"])
def test_a_notebook_that_cannot_be_run_is_one_that_failed_among_the_others(
    harm: str, make_notebook: MakeNotebook, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    good = make_notebook(_PROVES.format(steps=[step.id for step in outlines.load("05_first_deploy").steps]))
    good = good.rename(tmp_path / "05_first_deploy.ipynb")
    source = "x = = 1" if harm == "parameters cell" else "x = 1"
    bad = make_notebook("x = 2", parameters=source, name="no_lab" if harm == "no lab" else "03_cluster")
    if harm == "kernel":
        bad.write_text(bad.read_text().replace('"name": "python3"', '"name": "python9"'))
    elif harm == "content":
        bad.write_text('{"cells": [')
    elif harm == "not there":
        bad.unlink()
    lines: list[str] = []

    def progress(line: str) -> None:
        lines.append(line)

    @contextmanager
    def making() -> Iterator[Cluster]:
        with cluster_in(tmp_path) as cluster:
            if harm == "output":  # its place is taken by what is no file
                (output / "notebooks" / bad.name).unlink(missing_ok=True)
                (output / "notebooks" / bad.name).mkdir()
            yield cluster

    result = Workbook([bad, good], output, {}).run(making(), progress)
    assert [(notebook.name, notebook.passed) for notebook in result.notebooks] == [
        (bad.stem, False),
        ("05_first_deploy", True),
    ]
    assert result.notebooks[0].error
    suites = ElementTree.parse(output / "junit.xml").getroot()
    assert [suite.get("name") for suite in suites] == [bad.stem, "05_first_deploy"]
    assert suites[0].find(".//failure") is not None
    assert suites[1].find(".//failure") is None
    assert (output / "report.html").exists()
    assert any(line.startswith(f"{bad.stem}: failed") for line in lines)


def test_where_no_notebook_can_be_run_there_is_no_cluster(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="cannot be read"):
        Workbook([tmp_path / "03_cluster.ipynb"], tmp_path / "out", {}).run(no_cluster(), lambda _: None)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("name", "value"), [("solve", "2026-01-01"), ("solve", "['"), ("x", "1")])
def test_a_parameter_that_will_not_do_is_refused_before_anything_is_made(
    name: str, value: str, make_notebook: MakeNotebook, tmp_path: Path
) -> None:
    notebook = make_notebook(parameters="solve: bool = None", name="03_cluster")
    with pytest.raises(LabError, match=f"parameter.* '?{name}") as failure:
        Workbook([notebook], tmp_path / "out", {}, {name: value}).run(no_cluster(), lambda _: None)
    assert failure.value.object == str(notebook)
    assert not (tmp_path / "out").exists()


def test_two_runs_do_not_write_into_one_directory(tmp_path: Path) -> None:
    @contextmanager
    def making() -> Iterator[Cluster]:
        with pytest.raises(LabError, match=rf"is in use: process {os.getpid()} \(lab run\)") as failure:
            Workbook([], tmp_path, {}).run(no_cluster(), lambda _: None)
        assert failure.value.object == str(tmp_path)
        assert "--output" in failure.value.next_step
        raise LabError("the first one is over")
        yield

    for _ in range(2):
        with pytest.raises(LabError, match="the first one is over"):
            Workbook([], tmp_path, {}).run(making(), lambda _: None)
    assert not (tmp_path / ".run").exists()


def test_secrets_lie_elsewhere_and_are_gone_afterwards(make_notebook: MakeNotebook, tmp_path: Path) -> None:
    source = """import os, pathlib
file = pathlib.Path(os.environ["LAB_SECRETS_FILE"])
print(file, oct(file.stat().st_mode), file.read_text())"""
    notebook = make_notebook(source, name="03_cluster")
    Workbook([notebook], tmp_path / "out", {}).run(cluster_in(tmp_path), lambda _: None)
    [output] = printed(read_valid(tmp_path / "out" / "notebooks" / notebook.name))
    file, mode, content = output.split()
    assert (mode, content) == ("0o100600", "[secret]")
    assert not Path(file).exists()
    assert tmp_path not in Path(file).parents
    assert not [
        path for path in (tmp_path / "out").rglob("*") if path.is_file() and "secret-password" in path.read_text()
    ]
    assert not os.environ.get(SECRETS_FILE)


def test_a_machine_may_have_no_os_release(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> dict[str, str]:
        raise OSError("no /etc/os-release")

    monkeypatch.setattr("platform.freedesktop_os_release", missing)
    assert machine.describe()["system"] == "Linux"


def test_an_output_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="cannot be written") as failure:
        Workbook([], tmp_path / "file", {}).run(no_cluster(), lambda _: None)
    assert failure.value.object == str(tmp_path / "file")


@pytest.mark.parametrize(("name", "value"), [("name", "foo"), ("provider", "kind")])
def test_what_has_an_option_is_no_parameter(name: str, value: str) -> None:
    with pytest.raises(LabError, match="has an option of its own") as failure:
        lab_run(["03"], parameter=[f"{name}={value}"])
    assert failure.value.next_step == f"lab run --{name} {value}"


def test_what_is_left_of_a_lab_keeps_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    created: list[str] = []

    def create(name: str, *_: object) -> Cluster:
        created.append(name)
        record.save(record.ClusterRecord(name, "embedded", 0.0, "1.37.1", {"directory": "/nowhere", "network": 1}))
        raise LabError("its namespaces were not emptied")

    monkeypatch.setattr(choose.provider("embedded").__class__, "create", lambda _self, *rest: create(*rest))
    with pytest.raises(LabError, match="were not emptied"):
        lab_run(["03"], provider="embedded", output=tmp_path / "out")
    assert record.load(created[0]) is not None, "lab down finds it"


def test_why_a_notebook_failed_is_told_in_a_few_lines(tmp_path: Path) -> None:
    failed = StepResult("5.3", "Roll out", "failed", expected="v1.1.0", seen="v1.0.0", next_step="kubectl get pods")
    result = NotebookResult("05", "failed", 1.0, "a card", tmp_path, steps=[StepResult("5.2", "", "passed"), failed])
    assert list(lines.of_result(result)) == [
        "    expected: v1.1.0",
        "    seen: v1.0.0",
        "    next: kubectl get pods",
        "05: failed in 1.0 s",
    ]
    error = "\n".join(f"line {number}" for number in range(9))
    shown = list(lines.of_result(NotebookResult("05", "failed", 1.0, error, tmp_path)))
    assert shown == [*(f"    line {number}" for number in range(3, 9)), "05: failed in 1.0 s"]
    assert list(lines.of_result(NotebookResult("05", "passed", 1.0, "", tmp_path))) == ["05: passed in 1.0 s"]

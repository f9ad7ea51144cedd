"""A notebook and its lab alone, with no other file touched, are everywhere where notebooks are listed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from lab_helpers import checkout, paths
from lab_helpers.cli.main import app
from lab_helpers.cluster.existing.manifest import admin_manifest
from lab_helpers.errors import LabError
from lab_helpers.events import Event
from lab_helpers.run.notebooks import list_notebooks
from lab_helpers.run.report.junit import write_junit
from lab_helpers.run.report.results import NotebookResult, RunResult, with_steps
from lab_helpers.run.report.writing import write_report
from lab_helpers.run.side_by_side import start_kernels
from lab_helpers.translation.messages import collect
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.territory import of_workbook
from lab_helpers.workbook.learner.phase_map import map_card, map_lines, map_markdown
from lab_helpers.workbook.learner.phases import phases
from tests.another_lab import NOTEBOOK, write_checkout


@pytest.fixture
def another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "checkout").mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv(paths.LAB_CHECKOUT, str(write_checkout(tmp_path / "checkout")))
    return tmp_path / "checkout"


@pytest.mark.usefixtures("another")
def test_it_is_on_the_map_and_in_the_status() -> None:
    assert outlines.notebooks()[-1] == NOTEBOOK
    assert outlines.problems() == []
    known = phases("lab")
    assert known[-1].number == "99"
    assert "A greeting" in repr(map_card(known, NOTEBOOK))
    assert map_lines(known)[-1] == "99  ○99.1  0 of 1 steps"
    page = map_markdown(known, lambda phase: f"notebooks/{phase.notebook}.ipynb", "a.md")
    assert f"## [99 A greeting](notebooks/{NOTEBOOK}.ipynb)" in page


@pytest.mark.usefixtures("another")
def test_an_administrator_is_asked_for_its_namespace_and_it_is_run_with_the_others() -> None:
    assert "lab-99" in of_workbook().namespaces
    roles = [each for each in yaml.safe_load_all(admin_manifest(of_workbook())) if each["kind"] == "Role"]
    assert "lab-99" in [role["metadata"]["namespace"] for role in roles]
    own = {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["deletecollection"]}
    assert all(own in role["rules"] for role in roles)
    assert of_workbook().makes["lab-99"] == ("configmap/greeting",)
    assert [notebook.stem for notebook in list_notebooks()][-1] == NOTEBOOK
    with start_kernels(list_notebooks(), lambda notebook, _ready: notebook.stem) as started:
        assert NOTEBOOK in started.finish()


@pytest.mark.usefixtures("another")
def test_it_is_in_report_and_junit(tmp_path: Path) -> None:
    outline = outlines.load(NOTEBOOK)
    expected = [(step.id, step.statement) for step in outline.steps]
    passed = Event("check", 1.0, {"notebook": NOTEBOOK, "step": "99.1", "state": "passed"})
    result = NotebookResult(NOTEBOOK, "passed", 1.0, "", tmp_path / "out.ipynb", title=f"99 · {outline.title}")
    run = RunResult([with_steps(result, [passed], expected)], "lab", "fake", "v1", 0.0, 1.0)
    write_junit(tmp_path / "junit.xml", run)
    write_report(tmp_path / "report.html", run)
    assert 'name="99.1 Write a word down"' in (tmp_path / "junit.xml").read_text()
    assert "99 · A greeting" in (tmp_path / "report.html").read_text()


@pytest.mark.usefixtures("another")
def test_translators_are_told_of_it() -> None:
    texts = {message.text for message in collect()[f"lab_{NOTEBOOK}"]}
    assert {"A greeting", "Write a word down", "your word in configmap/greeting"} <= texts
    assert any(text.startswith("# 99 · A greeting") for text in texts)


def test_the_tests_of_every_notebook_and_every_step_are_its_too(another: Path) -> None:
    tests = ["tests/unit/labs/test_notebooks.py", "tests/integration/labs/test_labs.py"]
    root = Path(__file__).parents[3]
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts="]
    environment = {**os.environ, paths.LAB_CHECKOUT: str(another)}
    collected = subprocess.run(
        [*pytest_, "--collect-only", *tests], cwd=root, env=environment, capture_output=True, text=True
    )
    for case in ("99.1-untouched", "99.1-another_word", "99.1-solution", f"[{NOTEBOOK}-its links"):
        assert case in collected.stdout
    run = subprocess.run(
        [*pytest_, tests[0], "-k", "99 and not translated"], cwd=root, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    ("part", "object_", "reason"),
    [
        (f"notebooks/{NOTEBOOK}.ipynb", f"labs/lab_{NOTEBOOK}", "has no notebook"),
        (f"labs/lab_{NOTEBOOK}/lab.toml", NOTEBOOK, "no lab stands behind this notebook"),
    ],
)
def test_half_of_it_says_what_is_missing(another: Path, part: str, object_: str, reason: str) -> None:
    (another / part).unlink()
    (problem,) = outlines.problems()
    assert (problem.object, reason in problem.reason) == (object_, True)
    assert problem.next_step == f"ls {another / part}"
    result = CliRunner().invoke(app, ["run", "99", "--output", str(another.parent / "report")])
    assert isinstance(result.exception, LabError)
    assert (result.exception.object, result.exception.next_step) == (object_, f"ls {another / part}")
    assert NOTEBOOK not in outlines.notebooks()


def test_a_doctor_names_what_is_wrong_with_the_workbook(another: Path) -> None:
    file = another / f"labs/lab_{NOTEBOOK}/lab.toml"
    file.write_text(file.read_text().replace("minutes = 5\nsections", "sections", 1))
    result = CliRunner().invoke(app, ["doctor", "--provider", "k3d"])
    assert f"✗ labs/lab_{NOTEBOOK}/lab.toml: minutes: is missing" in result.stdout
    report = json.loads(CliRunner().invoke(app, ["doctor", "--provider", "k3d", "--json"]).stdout)
    (problem,) = report["workbook"]
    assert (problem["reason"], problem["next_step"]) == ("is missing", "minutes = 10")
    assert result.exit_code == (0 if report["ok"] else 1), "the code is that of the machine"


def test_this_checkout_is_sound() -> None:
    assert json.dumps(list(map(str, outlines.problems()))) == "[]"
    assert checkout.labs_directory().is_dir()

"""The workbook runs headless: by `lab run` and by papermill alone, and a killed run leaves nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import uuid
import xml.etree.ElementTree as ET
from pathlib import Path

import nbformat
import pytest

from lab_helpers import paths
from lab_helpers.redact import MASK
from lab_helpers.run.notebooks import list_notebooks
from lab_helpers.workbook.course import outlines
from tests import canary
from tests.commands import LAB, Start, read_until
from tests.integration.cluster.remains import assert_nothing_remains, remains

# A run of all notebooks is one test's.
pytestmark = [pytest.mark.cluster, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the run notes what is secret: its own file goes with it."""
    return tmp_path_factory.mktemp("secrets") / "secrets"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file with a value that each notebook makes a Secret of."""
    file = tmp_path_factory.mktemp("canary") / "canary"
    canary.draw(file)
    return file


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory, secrets: Path, planted: Path) -> Path:
    """The whole workbook, run once, each notebook with a secret that it shows in every way."""
    directory = tmp_path_factory.mktemp("run")
    name = f"t-run-{uuid.uuid4().hex[:8]}"
    command = [str(LAB), "run", "--name", name, "--output", str(directory)]
    environment = {
        **os.environ,
        "LAB_SECRETS_FILE": str(secrets),
        canary.VARIABLE: str(planted),
        paths.LAB_CHECKOUT: str(canary.write_checkout(tmp_path_factory.mktemp("checkout"))),
    }
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=3000, env=environment)
    assert result.returncode == 0, result.stderr + result.stdout
    assert remains(name) == [], "the run's own cluster goes with it"
    assert canary.leaks(result.stderr + result.stdout, planted.read_text()) == []
    assert _leaking(paths.state_directory(name), planted.read_text()) == {}
    shutil.rmtree(paths.state_directory(name))
    return directory


def test_every_notebook_ran_to_its_end_and_every_step_is_a_test_case(output: Path) -> None:
    cases = {
        (case.get("classname", ""), case.get("name", "")) for case in ET.parse(output / "junit.xml").iter("testcase")
    }
    for notebook in list_notebooks():
        executed = nbformat.read(output / "notebooks" / notebook.name, as_version=4)
        nbformat.validate(executed)
        code = [cell for cell in executed.cells if cell.cell_type == "code" and cell.source.strip()]
        assert all(cell.execution_count for cell in code)
        for step in outlines.load(notebook.stem).steps:
            assert any(name == notebook.stem and case.startswith(step.id) for name, case in cases), step.id


def test_the_report_stands_alone_and_shows_what_was_seen(output: Path) -> None:
    page = (output / "report.html").read_text()
    assert "Passed" in page
    assert page.count("data:image/svg+xml;base64,") >= 4, "the pictures of the rollouts and of persistence"
    for outside in ("<script src", "<link ", 'src="http', "@import"):
        assert outside not in page


def test_nothing_that_was_secret_is_in_what_the_run_left(output: Path, secrets: Path) -> None:
    values = [line for line in secrets.read_text().splitlines() if line]
    assert values, "the run knows what to look for"
    assert secrets.stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in output.iterdir()) == ["events.jsonl", "junit.xml", "notebooks", "report.html"]
    for file in output.rglob("*"):
        if file.is_file():
            content = file.read_text(errors="replace")
            assert not [value for value in values if value in content], file
            assert "\x1b[" not in content, file


def test_a_secret_that_every_notebook_shows_in_every_way_is_in_nothing_that_the_run_left(
    output: Path, planted: Path
) -> None:
    for notebook in list_notebooks():
        text = (output / "notebooks" / notebook.name).read_text()
        assert text.count(MASK) >= canary.SHOWN, f"{notebook.name} has shown it"
    assert _leaking(output, planted.read_text()) == {}


def _leaking(directory: Path, value: str) -> dict[Path, list[str]]:
    """The files below a directory in which a part of a value can be read."""
    files = [file for file in directory.rglob("*") if file.is_file() and not file.is_symlink()]
    leaking = {file: canary.leaks(file.read_text(errors="replace"), value) for file in files}
    return {file: parts for file, parts in leaking.items() if parts}


def test_papermill_alone_makes_a_cluster_and_takes_it_along(tmp_path: Path) -> None:
    name = f"t-pm-{uuid.uuid4().hex[:8]}"
    papermill = Path(sys.executable).parent / "papermill"
    notebook = _first_cells("03_cluster", tmp_path)
    command = [str(part) for part in (papermill, "--engine", "lab", notebook, tmp_path / "out.ipynb")]
    command += ["-p", "provider", "embedded", "-p", "name", name]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    assert result.returncode == 0, result.stderr[-3000:]
    assert_nothing_remains(name)
    refused = subprocess.run([*command, "-p", "colour", "red"], capture_output=True, text=True, check=False, timeout=60)
    assert refused.returncode != 0
    assert "colour" in refused.stderr
    assert remains(name) == []
    shutil.rmtree(paths.state_directory(name))


def _first_cells(stem: str, directory: Path) -> Path:
    """A notebook of the workbook as far as it opens its lab, which is where it makes a cluster."""
    notebook = next(path for path in list_notebooks() if path.stem == stem)
    content = nbformat.read(notebook, as_version=4)
    opens = next(index for index, cell in enumerate(content.cells) if "open_lab(" in cell.source)
    content.cells = content.cells[: opens + 1]
    nbformat.write(content, directory / notebook.name)
    return directory / notebook.name


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_leaves_a_report_and_nothing_else(
    start: Start, tmp_path: Path, number: signal.Signals
) -> None:
    run = start("run", "03", "05", "--output", str(tmp_path))
    read_until(run, "✓ 3.1")
    run.send_signal(number)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 128 + number, said
    cases = ET.parse(tmp_path / "junit.xml").findall(".//testcase")
    assert [case.find("failure") for case in cases if case.get("name", "").startswith("3.1 ")] == [None]
    stopped = [case.find("failure") for case in cases if case.get("name") == "notebook ran to its end"]
    assert [element.get("message") for element in stopped if element is not None] == [
        f"{number.name} stopped the run"
    ] * 2
    assert f"{number.name} stopped the run" in (tmp_path / "report.html").read_text()
    lab = f"run-{run.pid}"
    assert_nothing_remains(lab)
    assert not paths.state_directory(lab).exists()


def test_a_second_run_on_a_lab_or_into_a_directory_is_refused_and_the_first_passes(
    name: str, start: Start, tmp_path: Path
) -> None:
    run = start("run", "03", "--name", name, "--output", str(tmp_path / "a"))
    read_until(run, "✓ 3.1")
    run.send_signal(signal.SIGSTOP)  # it must not have ended before the others have begun
    for lab, directory, held in ((name, "b", f"lab {name}"), (f"{name}-b", "a", str(tmp_path / "a"))):
        second = start("run", "03", "--name", lab, "--output", str(tmp_path / directory))
        _, said = second.communicate(timeout=60)
        assert second.returncode == 1
        assert f"lab: {held}: is in use: process {run.pid} (lab run), since" in said
    run.send_signal(signal.SIGCONT)
    _, said = run.communicate(timeout=200)
    assert run.returncode == 0, said
    assert_nothing_remains(name)
    shutil.rmtree(paths.state_directory(name))


def test_a_killed_run_leaves_nothing(name: str, start: Start, tmp_path: Path) -> None:
    run = start("run", "03", "--name", name, "--output", str(tmp_path))
    read_until(run, "✓ 3.1")
    run.kill()
    run.communicate()
    assert_nothing_remains(name)
    notebook = json.loads((tmp_path / "notebooks" / "03_cluster.ipynb").read_text())
    assert any(cell["cell_type"] == "code" and cell["execution_count"] is None for cell in notebook["cells"])

"""What holds for every notebook, without a cluster."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from lab_helpers import checkout
from lab_helpers.workbook.course import answers, checks, outlines
from lab_helpers.workbook.course.outlines import Outline, Step
from lab_helpers.workbook.course.variation import placeholders

_NOTEBOOKS = sorted(checkout.notebooks_directory().glob("*.ipynb"))
_OUTLINES = [outlines.load(path.stem) for path in _NOTEBOOKS]
_STEPS = [(outline, step) for outline in _OUTLINES for step in outline.steps]
_LONGEST_CELL = 10

notebooks = pytest.mark.parametrize("notebook", _NOTEBOOKS, ids=lambda path: path.stem)
all_steps = pytest.mark.parametrize(("outline", "step"), _STEPS, ids=[step.id for _, step in _STEPS])


def _read(notebook: Path) -> dict[str, Any]:
    return dict(json.loads(notebook.read_text(encoding="utf-8")))


def _cells(notebook: Path, kind: str = "code") -> list[dict[str, Any]]:
    return [cell for cell in _read(notebook)["cells"] if cell["cell_type"] == kind]


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def _of(outline: Outline) -> Path:
    return checkout.notebooks_directory() / f"{outline.notebook}.ipynb"


def _tagged(outline: Outline, step: Step) -> list[str]:
    return [_source(cell) for cell in _cells(_of(outline)) if step.id in cell["metadata"].get("tags", [])]


def test_there_are_notebooks() -> None:
    assert _NOTEBOOKS


@notebooks
def test_no_output_is_committed(notebook: Path) -> None:
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in _cells(notebook))


@notebooks
def test_it_is_told_which_kernel_and_its_cells_have_names(notebook: Path) -> None:
    told = _read(notebook)
    assert told["metadata"]["kernelspec"]["name"] == "python3"
    names = [cell["id"] for cell in told["cells"]]
    assert len(set(names)) == len(names)
    assert not [name for name in names if re.fullmatch(r"[0-9a-f]{8}", name)]  # made by a tool, new each time


@notebooks
def test_its_parameters_are_typed_and_explained(notebook: Path) -> None:
    (cell,) = [cell for cell in _cells(notebook) if "parameters" in cell["metadata"].get("tags", [])]
    body = ast.parse(_source(cell)).body
    assert all(isinstance(statement, ast.AnnAssign) for statement in body)
    assert {ast.unparse(s.target) for s in body if isinstance(s, ast.AnnAssign)} == {"provider", "name", "solve"}
    assert all("  # " in line for line in _source(cell).splitlines())


@notebooks
def test_prose_comes_before_code_and_cells_are_short(notebook: Path) -> None:
    assert _read(notebook)["cells"][0]["cell_type"] == "markdown"
    long = [cell["id"] for cell in _cells(notebook) if len(_source(cell).splitlines()) > _LONGEST_CELL]
    assert long == []


@notebooks
def test_it_says_how_long_it_takes_and_ends_with_questions(notebook: Path) -> None:
    prose = [_source(cell) for cell in _cells(notebook, "markdown")]
    assert f"About {outlines.load(notebook.stem).minutes} minutes" in prose[0]
    assert prose[-2].startswith("## What is true now")
    assert prose[-1].count("<details><summary>Answer</summary>") == 2


@notebooks
def test_assertions_live_in_the_lab(notebook: Path) -> None:
    assert not [cell["id"] for cell in _cells(notebook) if re.search(r"^\s*assert\b", _source(cell), re.MULTILINE)]


@all_steps
def test_a_step_is_checked_once_and_its_minutes_are_said(outline: Outline, step: Step) -> None:
    code = "\n".join(map(_source, _cells(_of(outline))))
    assert code.count(f'lab.check("{step.id}")') == 1
    prose = "\n\n".join(map(_source, _cells(_of(outline), "markdown")))
    told = re.search(rf"^## {re.escape(step.id)} {re.escape(step.title)}\n\n\*(\d+) minutes", prose, re.MULTILINE)
    assert told is not None
    assert int(told.group(1)) == step.minutes


@all_steps
def test_what_a_worked_step_shows_is_its_solution(outline: Outline, step: Step) -> None:
    shown = _tagged(outline, step)
    if not step.is_worked:
        assert shown == []
        return
    assert all(cell.startswith("%%bash\n") for cell in shown)
    typed = [line for cell in shown for line in cell.removeprefix("%%bash\n").splitlines() if line]
    assert [line for line in answers.solution(outline, step.id).commands.splitlines() if line] == typed


@all_steps
def test_what_tidies_up_after_a_check_is_in_the_notebook(outline: Outline, step: Step) -> None:
    script = answers.solution(outline, step.id).directory / "after.sh"
    if script.exists():
        sources = [_source(cell) for cell in _cells(_of(outline))]
        after = sources[sources.index(f'lab.check("{step.id}")') + 1]
        assert script.read_text(encoding="utf-8") in after


@all_steps
def test_a_watched_step_is_watched_before_its_commands(outline: Outline, step: Step) -> None:
    sources = [_source(cell) for cell in _cells(_of(outline))]
    end = sources.index(f'lab.check("{step.id}")')
    before = [index for index, source in enumerate(sources) if source.startswith("lab.check(") and index < end]
    own = sources[before[-1] + 1 if before else 0 : end]
    assert ("lab.watch_rollout()" in own) == step.is_watched


@all_steps
def test_a_prediction_is_asked_for_before_the_check_and_each_answer_is_spoken_to(outline: Outline, step: Step) -> None:
    sources = [_source(cell) for cell in _cells(_of(outline))]
    asking = [source for source in sources if f'lab.predict("{step.id}", prediction)' in source]
    if step.prediction is None:
        assert asking == []
        return
    (cell,) = asking
    assert sources.index(cell) < sources.index(f'lab.check("{step.id}")')
    first = cell.splitlines()[0]
    assert first.startswith('prediction = "..."  # ')
    fixed = [answer for answer in step.prediction.replies if not placeholders(answer)]  # the others the card tells
    assert re.findall(r'"([^"]+)"', first)[1:] == fixed
    assert step.prediction.right in step.prediction.replies
    assert step.prediction.question.endswith("?")
    assert all(reply.endswith(".") for reply in step.prediction.replies.values())


@all_steps
def test_a_step_has_hints_a_solution_and_mistakes(outline: Outline, step: Step) -> None:
    assert 1 <= len(step.hints) <= 3
    solution = answers.solution(outline, step.id)
    assert solution.commands or (solution.directory / "files").is_dir()
    wrong = answers.wrong_answers(outline, step.id)
    assert wrong
    assert all(one.mistake.endswith(".") and one.expect and one.commands for one in wrong)


@pytest.mark.parametrize("outline", _OUTLINES, ids=lambda outline: outline.notebook)
def test_every_step_has_its_check(outline: Outline) -> None:
    assert set(checks.load(outline.notebook)) == {step.id for step in outline.steps}


@pytest.mark.parametrize("outline", _OUTLINES, ids=lambda outline: outline.notebook)
def test_every_wrong_answer_is_of_a_step(outline: Outline) -> None:
    known = {one.directory for step in outline.steps for one in answers.wrong_answers(outline, step.id)}
    assert known == set((outline.directory / "wrong").iterdir())


@pytest.mark.parametrize("outline", _OUTLINES, ids=lambda outline: outline.notebook)
def test_the_steps_fit_in_the_notebooks_time(outline: Outline) -> None:
    assert sum(step.minutes for step in outline.steps) <= outline.minutes <= 40

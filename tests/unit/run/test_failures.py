"""An error of the lab in a notebook: a card and a stopped run, for those who read it and for those who sit there."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import MakeNotebook, Run, read_valid, statuses

_BEGIN = "from lab_helpers.workbook.session.failures import show_as_cards\nshow_as_cards()"
_RAISE = """from lab_helpers import LabError
raise LabError("no such program", object="kubectl", last_event="exit 127", next_step="lab doctor")"""


def test_it_is_a_card_and_its_words_and_nothing_after_it_runs(
    make_notebook: MakeNotebook, run: Run, tmp_path: Path
) -> None:
    result = run(make_notebook(_BEGIN, _RAISE, "x = 1"))
    assert not result.passed
    nb = read_valid(tmp_path / "out.ipynb")
    assert statuses(nb) == ["completed", "failed", "pending"]
    card, error = next(cell for cell in nb.cells if cell.source == _RAISE).outputs
    assert 'aria-label="✗ kubectl: no such program"' in card.data["text/html"]
    words = "kubectl: no such program\n  last event: exit 127\n  next: lab doctor"
    assert error.traceback == [words]
    assert result.error == words
    assert "Traceback" not in (tmp_path / "out.ipynb").read_text()


def test_a_failed_check_has_one_card(make_notebook: MakeNotebook, run: Run, tmp_path: Path) -> None:
    source = """from lab_helpers import CheckFailed
raise CheckFailed("a pod", seen="none", hint="make one", step="9.1", next_step="kubectl apply")"""
    result = run(make_notebook(_BEGIN, source))
    (error,) = read_valid(tmp_path / "out.ipynb").cells[-1].outputs
    assert error.output_type == "error", "the check itself shows the card"
    assert all(words in result.error for words in ("a pod", "none", "make one", "kubectl apply"))
    assert "Traceback" not in result.error


def test_a_mistake_in_the_learners_own_python_keeps_its_traceback(make_notebook: MakeNotebook, run: Run) -> None:
    assert "Traceback" in run(make_notebook(_BEGIN, "1 / 0")).error


@pytest.mark.parametrize("is_room", [True, False])
def test_who_has_the_card_before_them_reads_it_once(
    make_notebook: MakeNotebook, run: Run, tmp_path: Path, is_room: bool
) -> None:
    leave_run = "import os\ndel os.environ['LAB_NOTEBOOK']" + ("\nos.environ['LAB_ROOM'] = '/room'" if is_room else "")
    result = run(make_notebook(leave_run, _BEGIN, _RAISE))
    assert ("lab doctor" in result.error) != is_room
    assert ("The card above" in result.error) == is_room

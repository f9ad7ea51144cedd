"""A step is understood however it is typed, or one line says what to type."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import LabError
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.learner import progress
from lab_helpers.workbook.learner.progress import Progress, StepProgress
from lab_helpers.workbook.session.asking import step_meant


@pytest.fixture
def progress_() -> Progress:
    return progress.fresh("lab", "03_cluster", "uid")


@pytest.mark.parametrize("value", ["3.2", 3.2, "step 3.2", " 3.2 ", "'3.2'", "“3.2”", "3,2", "03.2", "단계 3.2"])
def test_a_step_is_understood(progress_: Progress, value: object) -> None:
    assert step_meant(outlines.load("03_cluster"), progress_, value, "check") == "3.2"


def test_without_a_word_it_is_the_first_that_is_not_done(progress_: Progress) -> None:
    outline = outlines.load("03_cluster")
    assert step_meant(outline, progress_, None, "hint") == "3.1"
    done = StepProgress("passed", passed_in=progress_.nonce)
    elsewhere = StepProgress("passed", passed_in="on another cluster")
    progress_.steps = {"3.1": done, "3.2": StepProgress("skipped"), "3.3": elsewhere}
    assert step_meant(outline, progress_, None, "hint") == "3.3"
    progress_.steps["3.3"] = done
    with pytest.raises(LabError, match="every step of this notebook is done") as error:
        step_meant(outline, progress_, None, "hint")
    assert error.value.next_step == 'lab.hint("3.3")'


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("3.9", "step 3.9: is no step of this lab; its steps are 3.1, 3.2, 3.3"),
        ("5.3", "step 5.3: is a step of notebook 05_first_deploy; the steps of this one are 3.1, 3.2, 3.3"),
        (5.3, "step 5.3: is a step of notebook 05_first_deploy"),
        ("pull", "'pull': is no step"),
        (3, "3: is no step"),
        (True, "True: is no step"),
        ([3.2], "[3.2]: is no step"),
        ("", "'': is no step"),
    ],
)
def test_what_is_no_step_is_told_what_to_type(progress_: Progress, value: object, said: str) -> None:
    with pytest.raises(LabError) as error:
        step_meant(outlines.load("03_cluster"), progress_, value, "check")
    assert said in str(error.value)
    assert error.value.next_step == 'lab.check("3.1")'
    assert not Path(progress_.file).exists(), "asking changes nothing"
    assert progress_.steps == {}

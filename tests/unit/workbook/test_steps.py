from __future__ import annotations

import pytest

from lab_helpers import LabError
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.outlines import Outline


def test_an_outline_says_what_each_step_is(outline: Outline) -> None:
    first, second = outline.steps
    assert (first.id, first.title, first.minutes, first.is_worked, first.is_watched) == ("9.1", "First", 4, True, False)
    assert (second.is_worked, second.is_watched, second.hints) == (False, True, ())
    assert outline.namespaces == ("n",)
    assert outline.watched == ()
    assert outline.step("9.2") is second


def test_an_unknown_step_names_those_there_are(outline: Outline) -> None:
    with pytest.raises(LabError, match=r"9\.3: is no step of this lab; its steps are 9\.1, 9\.2"):
        outline.step("9.3")


def test_an_unknown_lab_names_those_there_are() -> None:
    with pytest.raises(LabError, match=r"no lab stands behind this notebook; there are .*05_first_deploy"):
        outlines.load("99_none")

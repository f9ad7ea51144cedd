"""Looking back over all notebooks says how each step was proven, and what was not, honestly."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.learner import progress
from lab_helpers.workbook.learner.progress import StepProgress
from lab_helpers.workbook.learner.retrospect import look_back
from lab_helpers.workbook.pictures.picture import certificate_picture, retrospect_picture
from lab_helpers.workbook.pictures.retrospect_model import Certificate, Outcome, Retrospect

_NOTEBOOK = "07_operate"


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("LAB_LANGUAGE", "en")


def _record(**steps: StepProgress) -> None:
    """Keep what became of steps of a notebook, by their ids with an underscore for the dot."""
    recorded = progress.fresh("a", _NOTEBOOK, "the cluster")
    recorded.steps = {name.lstrip("s").replace("_", "."): step for name, step in steps.items()}
    recorded.write()


def _outcomes() -> dict[str, Outcome]:
    return {step.id: step.outcome for step in look_back("a").steps if step.notebook == "07"}


def test_who_has_begun_nothing_has_proven_nothing_of_all_rules() -> None:
    retrospect = look_back("a")
    assert len(retrospect.rules) == 22
    assert retrospect.notebooks == [notebook[:2] for notebook in outlines.notebooks()]
    assert retrospect.shown == []
    assert {step.outcome for step in retrospect.steps} == {Outcome.MISSING}


def test_each_rule_has_a_step_that_shows_it() -> None:
    retrospect = look_back("a")
    assert [rule.section for rule in retrospect.rules if not retrospect.of(rule)] == []


def test_an_own_answer_the_page_and_help_are_told_apart() -> None:
    _record(
        s7_1=StepProgress("passed", hints=2),
        s7_2=StepProgress("passed"),
        s7_3=StepProgress("skipped"),
        s7_4=StepProgress("passed", has_seen_solution=True),
        s7_6=StepProgress("passed", is_given=True),
    )
    outcomes = _outcomes()
    assert outcomes["7.1"] is Outcome.OWN
    assert outcomes["7.2"] is Outcome.PAGE, "its commands are on the page"
    assert outcomes["7.3"] is Outcome.SKIPPED
    assert outcomes["7.4"] is Outcome.HELPED
    assert outcomes["7.6"] is Outcome.HELPED, "the lab gave the answer, in a run without a reader"


@pytest.mark.parametrize("state", ["failed", "error", progress.NOT_BEGUN])
def test_what_never_passed_is_not_proven_whatever_was_seen_of_it(state: str) -> None:
    _record(s7_1=StepProgress(state, has_seen_solution=True))
    assert _outcomes()["7.1"] is Outcome.MISSING


def _certificate(retrospect: Retrospect, holder: str) -> Certificate:
    titles = dict.fromkeys(retrospect.notebooks, "A title")
    return Certificate(retrospect, holder, "2026-11-29", "a, made by embedded, Kubernetes v1.37.1", titles)


def test_the_certificate_counts_every_step_once_and_names_who_when_and_where() -> None:
    _record(s7_1=StepProgress("passed"), s7_2=StepProgress("passed"), s7_4=StepProgress("skipped"))
    retrospect = look_back("a")
    picture = certificate_picture(_certificate(retrospect, "Kim <Learner>"))
    assert picture.title == (
        f"Kim <Learner>, 2026-11-29: 2 of {len(retrospect.steps)} steps proven, 1 of them by an answer of their own"
    )
    ElementTree.fromstring(picture.svg)
    notebooks, steps = picture.tables
    counted = [int(str(cell)) for row in notebooks.rows for cell in row[1:] if cell != "–"]
    assert sum(counted) == len(steps.rows) == len(retrospect.steps)
    assert "Kubernetes v1.37.1" in picture.text
    assert "a run without a reader" in certificate_picture(_certificate(retrospect, "")).title


def test_the_same_steps_give_the_same_bytes_and_a_rule_without_proof_names_what_would() -> None:
    _record(s7_1=StepProgress("passed"))
    first, second = (retrospect_picture(look_back("a")) for _ in range(2))
    assert first.svg == second.svg
    ElementTree.fromstring(first.svg)
    rows = {str(row[0]): str(row[2]) for row in first.tables[0].rows}
    assert rows["§3.4"].startswith("7.1 (not proven: 6.1")
    assert rows["§6.1"].startswith("(not proven: 3.1")

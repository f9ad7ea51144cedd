"""Resolve the step that a learner names, in any spelling; an ambiguous one is an error with what to type."""

from __future__ import annotations

import re

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course.outlines import Outline, notebooks
from lab_helpers.workbook.learner.progress import Progress

__all__ = ["step_meant"]

_STEP = re.compile(r"(?:\w+\s+)?(?P<notebook>\d+)[.,](?P<number>\d+)")


def step_meant(outline: Outline, progress: Progress, value: object, verb: str) -> str:
    """The id of the step that a learner means.

    Args:
        outline: The lab.
        progress: The learner's, in it.
        value: What they typed: ``"3.2"``, ``3.2``, ``"step 3.2"``; None for the first step that is not done.
        verb: The method they called, for what to type.

    Raises:
        LabError: It is no step of this lab, or nothing is left to do.
    """
    known = [step.id for step in outline.steps]
    # What was passed on a cluster that is gone is on the map, and open again on this one.
    passed = {
        step for step, state in progress.steps.items() if state.state == "passed" and state.passed_in == progress.nonce
    }
    done = passed | {step for step, state in progress.steps.items() if state.state == "skipped"}
    still_open = [step for step in known if step not in done]
    if value is None:
        if not still_open:
            text = _("every step of this notebook is done; say which you mean")
            raise LabError(text, object=outline.notebook, next_step=f'lab.{verb}("{known[-1]}")')
        return still_open[0]
    step_id = _plain(value)
    if step_id in known:
        return step_id
    likely = (still_open or known)[0]
    message = _("is no step of this lab; its steps are {known}")
    elsewhere = _notebook_of(step_id, outline)
    if elsewhere:
        message = _("is a step of notebook {elsewhere}; the steps of this one are {known}")
    raise LabError(
        message.format(known=", ".join(known), elsewhere=elsewhere),
        object=_("step {step}").format(step=step_id) if _STEP.fullmatch(step_id) else repr(value),
        next_step=f'lab.{verb}("{likely}")',
    )


def _plain(value: object) -> str:
    """What was typed, as a step's id is written where it is one."""
    text = str(value).strip(" \"'“”‘’")
    match = _STEP.fullmatch(text)
    return f"{int(match['notebook'])}.{match['number']}" if match else text


def _notebook_of(step: str, outline: Outline) -> str:
    """The stem of another notebook that has a step of that number; empty where there is none."""
    number = step.partition(".")[0].zfill(2)
    others = (name for name in notebooks() if name.startswith(f"{number}_") and name != outline.notebook)
    return next(others, "") if _STEP.fullmatch(step) else ""

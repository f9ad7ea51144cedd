"""Help with a step: hints, each further than the one before, and then the right answer; unless they are withheld."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from lab_helpers.errors import CheckFailed
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course.outlines import Outline, Step
from lab_helpers.workbook.display.cards import Card, Tone
from lab_helpers.workbook.learner import solutions
from lab_helpers.workbook.room import room

__all__ = ["hint", "hints", "hints_withheld", "solution", "solutions_withheld", "tempered"]

_CHANGES = re.compile(
    r"sed -i |kubectl .*\b(?:apply|create|delete|exec(?!.* -- (?:ls|cat)\b)|patch|replace|rollout|run|scale|set)\b"
)


def hints(step: Step) -> tuple[str, ...]:
    """The hints that a learner may have: the last one of a step that is theirs tells, as its solution does."""
    tells = len(step.hints) > 1 and not step.is_worked
    return step.hints[:-1] if tells and room.is_withheld("solutions") else step.hints


def tempered(step: Step, failure: CheckFailed, *, is_first: bool) -> CheckFailed:
    """A failure reduced to what the learner may see yet.

    In a step that is the learner's own the first card does not type the answer for them, and none does where a
    trainer withholds solutions.

    Args:
        step: The step.
        failure: What its check has found.
        is_first: Whether it is the first of this step.
    """
    hint, next_step = failure.hint, failure.next_step
    may_not_tell = is_first or room.is_withheld("solutions")
    if not step.is_worked and may_not_tell and _CHANGES.match(next_step):
        next_step = f'lab.hint("{step.id}")'
    if room.is_withheld("hints"):
        hint, next_step = "", "" if next_step.startswith("lab.hint") else next_step
    return CheckFailed(
        failure.expected,
        seen=failure.seen,
        hint=hint,
        step=failure.step,
        next_step=next_step,
        evidence=failure.evidence,
    )


def hint(step: Step, number: int) -> Card:
    """One hint.

    Args:
        step: The step.
        number: Which, from 1.
    """
    title = _("{step} hint {number} of {all}").format(step=step.id, number=number, all=len(hints(step)))
    more = _('`lab.hint("{step}")` once more says more.')
    if number == len(hints(step)):
        more = _('`lab.hint("{step}")` once more shows the solution.')
        if room.is_withheld("solutions"):
            more = _("That was the last one. Say what you expected and what you saw: that is a good question.")
    return Card(Tone.NEUTRAL, title, [(_("hint"), step.hints[number - 1])], more.format(step=step.id))


def solution(outline: Outline, step: str, workspace: Path, localize: Callable[[Path], None]) -> Card:
    """The right answer, to paste as it is: what to change in the learner's files, and the commands.

    Args:
        outline: The lab.
        step: The step's id.
        workspace: What the learner has.
        localize: Fits files to their cluster.
    """
    answer = solutions.solution(outline, step, workspace, localize)
    lines: list[tuple[str, object]] = []
    if not answer.changes_files:
        lines.append(("", _("Your files are as they should be: nothing is left to change in them.")))
    if answer.runs_commands and outline.step(step).is_watched:
        lines.append(("", _("A stream of requests has to run meanwhile: the cell with `lab.watch_rollout` starts it.")))
    if answer.changes_files or answer.runs_commands:
        lines += [("", _("To paste as it is, where your files are:")), ("", answer)]
    return Card(Tone.NEUTRAL, _("{step} one right answer").format(step=step), lines)


def hints_withheld(step: str) -> Card:
    """The card in place of a withheld hint."""
    text = _("Your trainer has withheld the hints. Say what you expected and what you saw: that is a good question.")
    return Card(Tone.NEUTRAL, _("{step} no hints here").format(step=step), [("", text)])


def solutions_withheld(step: str) -> Card:
    """The card in place of a withheld solution."""
    text = _("Your trainer has withheld the solutions. The card of the failed check says what is missing.")
    return Card(Tone.NEUTRAL, _("{step} no solution here").format(step=step), [("", text)])

"""Predictions: what a learner expects of a step, recorded before it and compared with the outcome after it."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from lab_helpers import language
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course.needs import register_transform
from lab_helpers.workbook.course.outlines import Prediction
from lab_helpers.workbook.display.cards import Card, Tone

__all__ = ["UNTOUCHED", "beside", "read", "recorded", "register", "too_late", "unanswered"]

UNTOUCHED = "..."
"""What stands in the cell until the learner fills it in."""

_ASKS = "lab.predict("
_ASSIGNED = re.compile(r"(?P<before>\s*prediction\s*=\s*)(?P<answer>[^#]*?)(?P<after>\s*(?:#.*)?\n?)")
_PASSED = re.compile(r"(?P<before>\s*lab\.predict\([^,]+,\s*)(?P<answer>[^#]*?)(?P<after>\s*\)\s*(?:#.*)?\n?)")
_QUOTES = " \"'“”‘’`"
_TRANSFORM = f"{__name__}.transform"


def register(ipython: Any) -> None:  # noqa: ANN401 - IPython is untyped
    """Quote predictions in cells that were typed without quotes, or with typographic ones."""

    def transform(lines: Sequence[str]) -> list[str]:
        return list(map(_quoted, lines)) if any(_ASKS in line for line in lines) else list(lines)

    register_transform(ipython, _TRANSFORM, transform)


def _quoted(line: str) -> str:
    """The line of a cell with the answer in it quoted, where Python would not read it as a text or a number."""
    match = _ASSIGNED.fullmatch(line) or _PASSED.fullmatch(line)
    if match is None or match["answer"] == "prediction" or _is_constant(match["answer"]):
        return line
    return f"{match['before']}{match['answer'].strip(_QUOTES)!r}{match['after']}"


def _is_constant(source: str) -> bool:
    try:
        return isinstance(ast.parse(source, mode="eval").body, ast.Constant)
    except (SyntaxError, ValueError):
        return False


def read(prediction: Prediction, answer: object) -> str:
    """The reply of ``lab.toml`` that an answer matches; empty for none."""
    return next((reply for reply in prediction.replies if _plain(reply) == _plain(answer)), "")


def unanswered(step: str, prediction: Prediction, answer: object) -> Card:
    """The card for an answer that is none: the question and the possible answers; nothing is recorded."""
    title = _("{step} no prediction yet") if str(answer) == UNTOUCHED else _("{step} that is none of the answers")
    lines = [(_("question"), prediction.question), (_("answers"), "\n".join(map(_shown, prediction.replies)))]
    return Card(Tone.NEUTRAL, title.format(step=step), lines)


def recorded(step: str, prediction: Prediction, answer: str) -> Card:
    """The card for a recorded answer."""
    lines = [(_("question"), prediction.question), (_("you say"), _shown(answer))]
    return Card(Tone.NEUTRAL, _("{step} your prediction").format(step=step), lines)


def too_late(step: str, answer: str) -> Card:
    """The card for an answer after the step was proven, which is not recorded."""
    lines = [(_("you said"), _shown(answer) if answer else _("nothing, before it happened"))]
    return Card(Tone.NEUTRAL, _("{step} has happened already").format(step=step), lines)


def beside(prediction: Prediction, answer: str) -> list[tuple[str, str]]:
    """The prediction and its reply as lines of the card of a proven step; none if nothing was predicted."""
    if answer not in prediction.replies:  # nothing was, or what could be answered has changed since
        return []
    verdict = _("{answer}: so it was") if answer == prediction.right else _("{answer}: it was {right}")
    message = verdict.format(answer=_shown(answer), right=_shown(prediction.right))
    return [(_("you predicted"), message), ("", prediction.replies[answer])]


def _shown(answer: str) -> str:
    """An answer as it is typed, which is the same in every language, and what it means in the reader's.

    Its quotes are typed too, and keep the commas of one answer apart from those around it.
    """
    meaning = language.gettext(answer)
    return f'"{answer}"' if meaning == answer else f'"{answer}" ({meaning})'


def _plain(answer: object) -> str | float:
    """An answer without what a learner may write in another way: case, quotes, blanks, the zeros of a number."""
    said = str(answer).strip(" .'\"").casefold()
    try:
        return float(said)
    except ValueError:
        return said

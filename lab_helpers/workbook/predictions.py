"""Predictions: what a learner expects of a step, recorded before it is done and spoken to after it."""

from __future__ import annotations

from lab_helpers.workbook.cards import Card, Tone
from lab_helpers.workbook.steps import Prediction

__all__ = ["UNTOUCHED", "asked", "beside", "read", "recorded", "too_late"]

UNTOUCHED = "..."
"""What stands in the cell until the learner fills it in."""


def read(prediction: Prediction, given: object) -> str:
    """The answer that was given, as the lab spells it; empty where none of the answers was."""
    return next((answer for answer in prediction.replies if _plain(answer) == _plain(given)), "")


def asked(step: str, prediction: Prediction, given: object) -> Card:
    """Nothing is recorded: the question, and what can be answered."""
    title = "{step} no prediction yet" if str(given) == UNTOUCHED else "{step} that is none of the answers"
    lines = [("question", prediction.question), ("answers", ", ".join(prediction.replies))]
    return Card(Tone.NEUTRAL, title.format(step=step), lines)


def recorded(step: str, prediction: Prediction, answer: str) -> Card:
    """An answer is recorded."""
    lines = [("question", prediction.question), ("you say", answer)]
    return Card(Tone.NEUTRAL, f"{step} your prediction", lines)


def too_late(step: str, answer: str) -> Card:
    """The step is proven, so whoever answers now has seen it."""
    lines = [("you said", answer or "nothing, before it happened")]
    return Card(Tone.NEUTRAL, f"{step} has happened already", lines)


def beside(prediction: Prediction, answer: str) -> list[tuple[str, str]]:
    """What was predicted, and what to say to it, as lines of the card of a proven step; none where nothing was."""
    if not answer:
        return []
    verdict = "{answer}: so it was" if answer == prediction.right else "{answer}: it was “{right}”"
    told = verdict.format(answer=answer, right=prediction.right)
    return [("you predicted", told), ("", prediction.replies[answer])]


def _plain(answer: object) -> str | float:
    """An answer without what a learner may write in another way: case, quotes, blanks, the zeros of a number."""
    said = str(answer).strip(" .'\"").casefold()
    try:
        return float(said)
    except ValueError:
        return said

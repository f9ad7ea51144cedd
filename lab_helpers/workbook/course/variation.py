"""Values that vary from learner to learner: their combinations, and texts of the outline that name them in braces."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from lab_helpers.workbook.course.outline import Outline, Prediction, Scalar, Step

__all__ = ["combinations", "fill", "placeholders", "variables"]

_PLACEHOLDER = re.compile(r"{(\w+)}")


def combinations(vary: Mapping[str, tuple[Scalar, ...]]) -> list[dict[str, Scalar]]:
    """The combinations of values that a learner may get: the first of each list, the second of each, and so on."""
    return [dict(zip(vary, values, strict=True)) for values in zip(*vary.values(), strict=True)]


def placeholders(text: str) -> set[str]:
    """The names in braces in a text."""
    return set(_PLACEHOLDER.findall(text))


def fill(outline: Outline, values: Mapping[str, Scalar]) -> Outline:
    """The outline as a learner with these values sees it: in predictions, hints and addresses, names become values."""
    if not values:
        return outline
    watched = tuple(replace(each, url=_fill(each.url, values)) for each in outline.watched)
    return replace(outline, watched=watched, steps=tuple(_fill_step(step, values) for step in outline.steps))


def variables(values: Mapping[str, Scalar]) -> dict[str, str]:
    """The environment variables of the values: that of ``quantity`` is ``LAB_QUANTITY``."""
    return {f"LAB_{name.upper()}": str(value) for name, value in values.items()}


def _fill_step(step: Step, values: Mapping[str, Scalar]) -> Step:
    prediction = step.prediction
    if prediction is not None:
        replies = {_fill(answer, values): _fill(reply, values) for answer, reply in prediction.replies.items()}
        prediction = Prediction(_fill(prediction.question, values), _fill(prediction.right, values), replies)
    return replace(step, hints=tuple(_fill(hint, values) for hint in step.hints), prediction=prediction)


def _fill(text: str, values: Mapping[str, Scalar]) -> str:
    return _PLACEHOLDER.sub(lambda match: str(values.get(match[1], match[0])), text)

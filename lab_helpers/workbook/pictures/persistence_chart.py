"""Chart which data survived which events: a line for each volume or path that was written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

from lab_helpers import language
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.drawing import Drawing, shortened
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["Survival", "draw_persistence", "persistence_story", "persistence_table"]

_PLACE, _WRITTEN, _CELL, _EDGE = 220, 90, 170, 18
_HEAD, _ROW = 88, 66
_LETTERS = 22  # that fit above a cell

# The label of an outcome, its sign, and the looks of its mark and of the text below it.
_Outcome = tuple[str, str, str, str]
_SURVIVED: _Outcome = (words.SURVIVED, "✓", "kept", "good name")
_LOST: _Outcome = (words.LOST, "✗", "lost", "fail name")
_UNTRIED: _Outcome = (words.UNTRIED, "–", "untried", "quiet")


@dataclass(frozen=True)
class Survival:
    """Whether data written to one place survived each event.

    Attributes:
        place: The volume it was written to, as ``claim data``.
        outcomes: For each event, in order: whether the data was still there; None if that was not tried.
        path: The file that was written; may be empty.
    """

    place: str
    outcomes: Mapping[str, bool | None] = field(default_factory=dict)
    path: str = ""

    def __str__(self) -> str:
        outcomes = [
            phrase(words.OUTCOME, what=event, outcome=phrase(_outcome(survived)[0]))
            for event, survived in self.outcomes.items()
        ]
        return phrase(words.ROW_STORY, place=self.place, outcomes=", ".join(outcomes))


def persistence_story(rows: Sequence[Survival]) -> str:
    """The chart in one sentence, for screen readers."""
    return phrase(words.PERSISTENCE_STORY, rows="; ".join(map(str, rows)))


def persistence_table(rows: Sequence[Survival]) -> Table:
    """The same as a table."""
    columns = _columns(rows)
    lines = [(row.place, *(_label(row.outcomes.get(column)) for column in columns)) for row in rows]
    return Table((phrase(words.PLACE), *columns), lines)


def draw_persistence(rows: Sequence[Survival]) -> str:
    """The picture as SVG."""
    columns = _columns(rows)
    drawing = Drawing(_PLACE + _WRITTEN + _CELL * max(len(columns), 1) + _EDGE)
    drawing.text(_EDGE, 30, phrase(words.PERSISTENCE), "title")
    drawing.text(_PLACE + _WRITTEN / 2, _HEAD - 14, phrase(words.WRITTEN), "small", "middle")
    for index, column in enumerate(columns):
        _draw_head(drawing, _middle(index), column)
    for index, row in enumerate(rows):
        _draw_row(drawing, _HEAD + _ROW * index, row, columns)
    return drawing.svg(_HEAD + _ROW * len(rows) + 8, phrase(words.PERSISTENCE), persistence_story(rows))


def _draw_head(drawing: Drawing, x: float, column: str) -> None:
    letters = _LETTERS * len(column) // max(language.columns(column), 1)  # a letter of Hangul is as wide as two
    lines = wrap(column, max(letters, 1)) or [""]
    for index, line in enumerate(lines):
        drawing.text(x, _HEAD - 14 - 15 * (len(lines) - 1 - index), line, "small", "middle")


def _draw_row(drawing: Drawing, top: float, row: Survival, columns: Sequence[str]) -> None:
    drawing.line(_EDGE, top, drawing.width - _EDGE, top, "rule")
    middle = top + 26
    drawing.text(_EDGE, middle + (-2 if row.path else 5), shortened(row.place, _PLACE - _EDGE, 14), "name")
    drawing.text(_EDGE, middle + 16, shortened(row.path, _PLACE - _EDGE, 12), "quiet mono")
    x = _PLACE + _WRITTEN / 2
    for index, column in enumerate(columns):
        look = _outcome(row.outcomes.get(column))[2]
        drawing.line(x, middle, _middle(index), middle, look)
        x = _middle(index)
    drawing.circle(_PLACE + _WRITTEN / 2, middle, 6, "kept")
    for index, column in enumerate(columns):
        survived = row.outcomes.get(column)
        _draw_mark(drawing, _middle(index), middle, _outcome(survived))


def _draw_mark(drawing: Drawing, x: float, middle: float, outcome: _Outcome) -> None:
    word, sign, look, text_look = outcome
    if outcome is _LOST:
        drawing.circle(x, middle, 9, "bare")
        drawing.cross(x, middle)
    else:
        drawing.circle(x, middle, 6, look)
    drawing.text(x, middle + 27, f"{sign} {phrase(word)}", text_look, "middle")


def _middle(column: int) -> float:
    return _PLACE + _WRITTEN + _CELL * (column + 0.5)


def _columns(rows: Sequence[Survival]) -> list[str]:
    return list(dict.fromkeys(event for row in rows for event in row.outcomes))


def _outcome(survived: bool | None) -> _Outcome:
    return _UNTRIED if survived is None else _SURVIVED if survived else _LOST


def _label(survived: bool | None) -> str:
    word, sign, *_ = _outcome(survived)
    return f"{sign} {phrase(word)}"

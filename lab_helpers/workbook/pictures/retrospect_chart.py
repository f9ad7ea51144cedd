"""Chart where each rule of the architecture was proven: a row for each rule, a column for each notebook."""

from __future__ import annotations

from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.drawing import Drawing, shortened
from lab_helpers.workbook.pictures.retrospect_model import Outcome, ProvenStep, Retrospect, Rule
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["OUTCOMES", "draw_retrospect", "retrospect_story", "retrospect_table"]

_EDGE, _TITLE, _COLUMN, _ROW = 18, 350, 70, 25
_HEAD, _LEGEND = 82, 40
_STEP = 13  # between the marks of one cell

OUTCOMES = {
    Outcome.OWN: words.PROVEN_OWN,
    Outcome.PAGE: words.PROVEN_PAGE,
    Outcome.HELPED: words.PROVEN_HELPED,
    Outcome.SKIPPED: words.STEP_SKIPPED,
    Outcome.MISSING: words.NOT_PROVEN,
}


def retrospect_story(retrospect: Retrospect) -> str:
    """The chart in one sentence, for screen readers."""
    return phrase(
        words.RETROSPECT_STORY,
        shown=len(retrospect.shown),
        rules=len(retrospect.rules),
        steps=sum(step.outcome.is_proven for step in retrospect.steps),
        all=len(retrospect.steps),
    )


def retrospect_table(retrospect: Retrospect) -> Table:
    """The same as a table: each rule, and the steps by which it was proven."""
    rows = [(f"§{rule.section}", rule.title, _proofs(retrospect.of(rule))) for rule in retrospect.rules]
    return Table((phrase(words.SECTION), phrase(words.RULE), phrase(words.PROVEN_IN)), rows)


def draw_retrospect(retrospect: Retrospect) -> str:
    """The picture as SVG."""
    drawing = Drawing(_EDGE * 2 + _TITLE + _COLUMN * len(retrospect.notebooks))
    drawing.text(_EDGE, 30, phrase(words.RETROSPECT), "title")
    drawing.text(_EDGE, 50, retrospect_story(retrospect), "quiet")
    for column, notebook in enumerate(retrospect.notebooks):
        drawing.text(_middle(column), _HEAD - 8, notebook, "name", "middle")
    for index, rule in enumerate(retrospect.rules):
        _draw_row(drawing, _HEAD + _ROW * index, rule, retrospect)
    bottom = _HEAD + _ROW * len(retrospect.rules)
    drawing.line(_EDGE, bottom, drawing.width - _EDGE, bottom, "rule")
    x = float(_EDGE) + 6
    for outcome, word in OUTCOMES.items():
        draw_mark(drawing, x, bottom + 20, outcome)
        drawing.text(x + 12, bottom + 24, phrase(word), "small quiet")
        x += (drawing.width - _EDGE) / len(OUTCOMES)
    return drawing.svg(bottom + _LEGEND, phrase(words.RETROSPECT), retrospect_story(retrospect))


def draw_mark(drawing: Drawing, x: float, y: float, outcome: Outcome) -> None:
    """The mark of one step."""
    looks = {Outcome.OWN: "kept", Outcome.PAGE: "v0", Outcome.HELPED: "v0 fading", Outcome.SKIPPED: "key hollow"}
    if outcome is Outcome.MISSING:
        drawing.line(x - 4, y, x + 4, y, "rule")
    else:
        drawing.circle(x, y, 4, looks[outcome])


def _draw_row(drawing: Drawing, top: float, rule: Rule, retrospect: Retrospect) -> None:
    drawing.line(_EDGE, top, drawing.width - _EDGE, top, "rule")
    drawing.text(_EDGE, top + 17, f"§{rule.section}", "quiet small")
    look = "" if any(step.outcome.is_proven for step in retrospect.of(rule)) else "quiet"
    drawing.text(_EDGE + 36, top + 17, shortened(rule.title, _TITLE - 44), look)
    for column, notebook in enumerate(retrospect.notebooks):
        steps = retrospect.of(rule, notebook)
        gap = min(_STEP, (_COLUMN - 14) / max(len(steps), 1))
        start = _middle(column) - gap * (len(steps) - 1) / 2
        for place, step in enumerate(steps):
            draw_mark(drawing, start + gap * place, top + _ROW / 2, step.outcome)


def _middle(column: int) -> float:
    return _EDGE + _TITLE + _COLUMN * (column + 0.5)


def _proofs(steps: list[ProvenStep]) -> str:
    """The steps that prove a rule, and those that would."""
    proven = [step.id for step in steps if step.outcome.is_proven]
    others = [step.id for step in steps if not step.outcome.is_proven]
    text = ", ".join(proven)
    return f"{text} ({phrase(words.NOT_PROVEN)}: {', '.join(others)})".strip() if others else text

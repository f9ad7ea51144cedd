"""Draw a certificate: who has proven what, when and where, by own answers or with help, and what was left out."""

from __future__ import annotations

from collections.abc import Sequence

from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.drawing import Drawing, shortened
from lab_helpers.workbook.pictures.retrospect_chart import OUTCOMES, draw_mark
from lab_helpers.workbook.pictures.retrospect_model import Certificate, Outcome
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["certificate_story", "certificate_tables", "draw_certificate"]

_EDGE, _TITLE, _COLUMN, _ROW = 30, 350, 118, 26
_HEAD, _FOOT = 176, 60


def certificate_story(certificate: Certificate) -> str:
    """The certificate in one sentence, for screen readers."""
    steps = certificate.retrospect.steps
    proven = sum(step.outcome.is_proven for step in steps)
    who = certificate.holder or phrase(words.NO_READER)
    own = certificate.retrospect.count(Outcome.OWN)
    return phrase(words.CERTIFICATE_STORY, who=who, date=certificate.date, proven=proven, all=len(steps), own=own)


def certificate_tables(certificate: Certificate) -> list[Table]:
    """The same as tables: how many steps of each notebook came to what, and each step."""
    columns = (phrase(words.NOTEBOOK), *(phrase(word) for word in OUTCOMES.values()))
    rows = [
        (f"{number} {certificate.titles[number]}", *_counts(certificate, number)) for number in _numbers(certificate)
    ]
    steps = [
        (step.id, step.title, phrase(OUTCOMES[step.outcome]), _hints(step.hints))
        for step in certificate.retrospect.steps
    ]
    return [
        Table(columns, rows),
        Table((phrase(words.STEP), phrase(words.TITLE), phrase(words.PROVEN), phrase(words.HINTS)), steps),
    ]


def draw_certificate(certificate: Certificate) -> str:
    """The picture as SVG."""
    drawing = Drawing(_EDGE * 2 + _TITLE + _COLUMN * len(OUTCOMES))
    middle = drawing.width / 2
    drawing.rect(10, 10, drawing.width - 20, _height(certificate) - 20, "rule", 6)
    drawing.text(middle, 52, phrase(words.CERTIFICATE), "title", "middle")
    drawing.text(middle, 84, certificate.holder or phrase(words.NO_READER), "name", "middle")
    drawing.text(middle, 108, f"{certificate.date} · {certificate.cluster}", "quiet", "middle")
    for column, (outcome, word) in enumerate(OUTCOMES.items()):
        x = _middle(column)
        draw_mark(drawing, x, _HEAD - 34, outcome)
        drawing.text(x, _HEAD - 12, shortened(phrase(word), _COLUMN - 4, 12), "small quiet", "middle")
    for index, number in enumerate(_numbers(certificate)):
        _draw_row(drawing, _HEAD + _ROW * index, f"{number} {certificate.titles[number]}", _counts(certificate, number))
    bottom = _HEAD + _ROW * len(_numbers(certificate))
    drawing.line(_EDGE, bottom, drawing.width - _EDGE, bottom, "rule")
    drawing.text(middle, bottom + 28, certificate_story(certificate), "small", "middle")
    return drawing.svg(_height(certificate), phrase(words.CERTIFICATE), certificate_story(certificate))


def _draw_row(drawing: Drawing, top: float, title: str, counts: Sequence[str]) -> None:
    drawing.line(_EDGE, top, drawing.width - _EDGE, top, "rule")
    drawing.text(_EDGE, top + 18, shortened(title, _TITLE - 10))
    for column, count in enumerate(counts):
        drawing.text(_middle(column), top + 18, count, "" if count != "–" else "quiet", "middle")


def _counts(certificate: Certificate, number: str) -> list[str]:
    counts = (certificate.retrospect.count(outcome, number) for outcome in OUTCOMES)
    return [str(count) if count else "–" for count in counts]


def _hints(count: int) -> str:
    return str(count) if count else ""


def _numbers(certificate: Certificate) -> list[str]:
    return certificate.retrospect.notebooks


def _height(certificate: Certificate) -> float:
    return _HEAD + _ROW * len(_numbers(certificate)) + _FOOT


def _middle(column: int) -> float:
    return _EDGE + _TITLE + _COLUMN * (column + 0.5)

"""Chart what the rebuilding of a lost cluster took: its phases one below the other, on one axis of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab_helpers import language
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.drawing import Drawing, shortened
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["RebuildPhase", "draw_rebuild", "rebuild_story", "rebuild_table"]

_EDGE, _NAME, _AXIS, _TIME = 18, 300, 400, 70
_HEAD, _ROW, _FOOT = 84, 28, 18


@dataclass(frozen=True)
class RebuildPhase:
    """A phase of a drill.

    Attributes:
        name: What happened, in English, marked for translation.
        seconds: How long it took.
        is_recovery: Whether nobody was served meanwhile.
    """

    name: str
    seconds: float
    is_recovery: bool


def rebuild_story(phases: Sequence[RebuildPhase], limit_seconds: float) -> str:
    """The chart in one sentence, for screen readers."""
    seconds = sum(phase.seconds for phase in phases if phase.is_recovery)
    share = f"{seconds / limit_seconds:.1%}"
    return phrase(words.REBUILD_STORY, seconds=f"{seconds:.0f}", hours=f"{limit_seconds / 3600:g}", share=share)


def rebuild_table(phases: Sequence[RebuildPhase]) -> Table:
    """The same as a table."""
    rows = [(language.gettext(phase.name), f"{phase.seconds:.1f} s", _service(phase)) for phase in phases]
    return Table((phrase(words.PHASE), phrase(words.TIME_TAKEN), phrase(words.SERVICE_MEANWHILE)), rows)


def draw_rebuild(phases: Sequence[RebuildPhase], limit_seconds: float) -> str:
    """The picture as SVG."""
    drawing = Drawing(_EDGE * 2 + _NAME + _AXIS + _TIME)
    drawing.text(_EDGE, 30, phrase(words.REBUILD), "title")
    drawing.text(_EDGE, 52, rebuild_story(phases, limit_seconds), "quiet")
    scale = _AXIS / max(sum(phase.seconds for phase in phases), 1)
    start = 0.0
    for index, phase in enumerate(phases):
        _draw_row(drawing, _HEAD + _ROW * index, phase, start * scale, scale)
        start += phase.seconds
    return drawing.svg(_HEAD + _ROW * len(phases) + _FOOT, phrase(words.REBUILD), rebuild_story(phases, limit_seconds))


def _draw_row(drawing: Drawing, top: float, phase: RebuildPhase, offset: float, scale: float) -> None:
    drawing.line(_EDGE, top, drawing.width - _EDGE, top, "rule")
    drawing.text(_EDGE, top + 19, shortened(language.gettext(phase.name), _NAME - 10))
    look = "v4" if phase.is_recovery else "v0"
    drawing.rect(_EDGE + _NAME + offset, top + 7, max(phase.seconds * scale, 1), _ROW - 14, look, 2)
    drawing.text(drawing.width - _EDGE, top + 19, f"{phase.seconds:.1f} s", "quiet", "end")


def _service(phase: RebuildPhase) -> str:
    return phrase(words.NOT_SERVED) if phase.is_recovery else ""

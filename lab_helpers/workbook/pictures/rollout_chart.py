"""Draw a rollout: a lane for each release with its pods and the requests it answered, and below them the failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lab_helpers.observe.timeline import Phase
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.drawing import Drawing, shortened, text_width, version_looks
from lab_helpers.workbook.pictures.rollout_model import Lane, Rollout, Span
from lab_helpers.workbook.pictures.traffic_chart import alarms, crosses, ticks
from lab_helpers.workbook.pictures.words import phase_look, phrase

__all__ = ["draw_rollout"]

_WIDTH, _LEFT, _RIGHT, _EDGE = 900, 150, 24, 18
_HEAD, _LABEL_ROW, _LANE_HEAD, _ROW, _LANE_FOOT = 62, 18, 24, 20, 10
_BAR, _LONGEST_LABEL = 13, 260

# Each phase has its own shape, given by height and modifier, in addition to its colour.
_LOOKS: Mapping[Phase, tuple[float, str]] = {
    "pending": (_BAR, "hollow"),
    "running": (_BAR / 3, ""),
    "ready": (_BAR, ""),
    "terminating": (_BAR, "fading"),
}
_STEPS = (0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300)


@dataclass(frozen=True)
class _Label:
    """The position of a moment's label: beside its line, in a free row."""

    x: float
    row: int
    text: str
    is_left_of_line: bool


class _RolloutPage:
    """A drawing from top to bottom; ``y`` is the current position."""

    def __init__(self, rollout: Rollout) -> None:
        self.rollout = rollout
        self.drawing = Drawing(_WIDTH)
        self.labels = self._place()
        self.y = _HEAD + _LABEL_ROW * (1 + max((label.row for label in self.labels), default=-1)) + 4
        self.top = self.y

    def x(self, second: float) -> float:
        """The position of a second, counted from the beginning of the rollout."""
        return _LEFT + second / self.rollout.seconds * (_WIDTH - _LEFT - _RIGHT)

    def _place(self) -> list[_Label]:
        """Put each label into the lowest row where it does not overlap an earlier one."""
        labels: list[_Label] = []
        ends: list[float] = []
        for moment in self.rollout.moments:
            text = shortened(moment.text, _LONGEST_LABEL, 12)
            x, width = self.x(moment.at), text_width(text, 12) + 12
            is_left = x + width > _WIDTH
            start = x - width if is_left else x
            row = next((row for row, end in enumerate(ends) if end <= start), len(ends))
            ends[row : row + 1] = [start + width]
            labels.append(_Label(x, row, text, is_left))
        return labels


def draw_rollout(rollout: Rollout) -> str:
    """The picture as SVG."""
    page = _RolloutPage(rollout)
    page.drawing.text(_EDGE, 30, rollout.verdict, "title fail" if rollout.result.failed else "title")
    page.drawing.text(_EDGE, 50, shortened(rollout.details, _WIDTH - 2 * _EDGE), "quiet")
    if rollout.remark:
        page.drawing.text(_WIDTH - _EDGE, 30, rollout.remark, "quiet small", "end")
    looks = version_looks(lane.name for lane in rollout.lanes)
    for lane in rollout.lanes:
        _draw_lane(page, lane, looks[lane.name])
    if rollout.result.failed:
        _draw_failures(page)
    for start, end in rollout.gaps:
        page.drawing.rect(page.x(start), page.top, page.x(end) - page.x(start), page.y - page.top, "gap")
    _draw_moments(page)
    _draw_time(page)
    _draw_legend(page)
    return page.drawing.svg(page.y, rollout.verdict, rollout.story)


def _draw_lane(page: _RolloutPage, lane: Lane, look: str) -> None:
    drawing = page.drawing
    drawing.line(_EDGE, page.y, _WIDTH - _EDGE, page.y, "rule")
    drawing.rect(_EDGE, page.y + 8, 10, 10, look, 2)
    name = shortened(lane.name or phrase(words.UNKNOWN), 200)
    drawing.text(_EDGE + 16, page.y + 18, name, "name")
    drawing.text(_EDGE + 24 + text_width(name, 14), page.y + 18, _revisions(lane), "quiet small")
    page.y += _LANE_HEAD
    for pod, spans in lane.pods.items():
        drawing.text(_LEFT - 12, page.y + 14, f"…{pod[-5:]}", "quiet mono", "end")
        for span in spans:
            _draw_span(drawing, page.x(span.start), page.x(span.end), page.y + _ROW / 2, span, look)
        page.y += _ROW
    if lane.answered:
        drawing.text(_LEFT - 12, page.y + 14, phrase(words.ANSWERS, count=lane.answered), "quiet small", "end")
        drawing.path(ticks(map(page.x, lane.answers), page.y + 3, _ROW - 6), look)
        page.y += _ROW
    page.y += _LANE_FOOT


def _revisions(lane: Lane) -> str:
    if len(lane.revisions) > 1:
        return phrase(words.REVISIONS, numbers=", ".join(map(str, lane.revisions)))
    return phrase(words.REVISION, number=lane.revisions[0]) if lane.revisions else ""


def _draw_span(drawing: Drawing, start: float, end: float, middle: float, span: Span, look: str) -> None:
    height, ground = _LOOKS[span.phase]
    drawing.rect(start, middle - height / 2, max(end - start, 1), height, f"{look} {ground}".rstrip(), 1.5)


def _draw_failures(page: _RolloutPage) -> None:
    rollout, drawing = page.rollout, page.drawing
    failures = rollout.result.failures
    at = [page.x(request.at - rollout.start) for request in failures]
    for start, end in alarms(at):
        drawing.rect(start, page.top, end - start, page.y - page.top + _LANE_HEAD, "alarm")
    drawing.line(_EDGE, page.y, _WIDTH - _EDGE, page.y, "rule")
    drawing.text(_LEFT - 12, page.y + 21, phrase(words.FAILED, count=len(failures)), "name fail", "end")
    for x in crosses(at):
        drawing.cross(x, page.y + 16)
    first = failures[0]
    why = phrase(words.FIRST_FAILURE, at=first.at - rollout.start, why=rollout.why(first))
    drawing.text(_LEFT, page.y + 40, shortened(why, _WIDTH - _LEFT - _RIGHT), "fail small")
    page.y += 50


def _draw_moments(page: _RolloutPage) -> None:
    for label in page.labels:
        y = page.top - (label.row + 1) * _LABEL_ROW
        page.drawing.line(label.x, y + 2, label.x, page.y, "moment")
        nudge, anchor = (-6, "end") if label.is_left_of_line else (6, "start")
        page.drawing.text(label.x + nudge, y + 13, label.text, "small", anchor)


def _draw_time(page: _RolloutPage) -> None:
    page.drawing.line(_LEFT, page.y, _WIDTH - _RIGHT, page.y, "rule")
    step = next((step for step in _STEPS if page.rollout.seconds / step <= 9), _STEPS[-1])
    for count in range(int(page.rollout.seconds / step) + 1):
        x = page.x(count * step)
        page.drawing.line(x, page.y, x, page.y + 4, "rule")
        page.drawing.text(x, page.y + 17, phrase(words.SECONDS, seconds=count * step), "quiet small", "middle")
    page.y += 28


def _draw_legend(page: _RolloutPage) -> None:
    x, drawing, middle = float(_LEFT), page.drawing, page.y + 12
    for phase in _LOOKS:
        _draw_span(drawing, x, x + 22, middle, Span(0, 0, phase), "key")
        x = _draw_word(drawing, x + 29, middle, phase_look(phase))
    if page.rollout.result.sent:
        drawing.path(ticks([x + 2, x + 7, x + 12, x + 17], middle - 7, 14), "key")
        x = _draw_word(drawing, x + 25, middle, phrase(words.ANSWER_LOOK))
    if page.rollout.result.failed:
        drawing.cross(x + 5, middle)
        _draw_word(drawing, x + 15, middle, phrase(words.FAILURE_LOOK))
    page.y += 32


def _draw_word(drawing: Drawing, x: float, middle: float, word: str) -> float:
    """Draw an entry of the legend; return the position of the next one."""
    drawing.text(x, middle + 4.5, word, "quiet small")
    return x + text_width(word, 12) + 14

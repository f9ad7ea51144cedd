"""Draw a rollout: the pods over time, below them the requests by the release that answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab_helpers.kube.timeline import Phase
from lab_helpers.workbook.drawing import FAILURE, FAINT, INK, VERSIONS, new_figure, style, to_svg
from lab_helpers.workbook.rollout_model import Rollout
from lab_helpers.workbook.traffic_chart import draw_traffic

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_rollout"]

# All lengths are inches.
_WIDTH, _LEFT, _RIGHT = 9.2, 1.1, 0.2
_TITLE, _LABEL_ROW, _POD_ROW, _GAP, _TRAFFIC, _FOOT = 0.64, 0.2, 0.27, 0.16, 1.15, 0.85
_LETTER = 0.068

_LOOKS: Mapping[Phase, Mapping[str, Any]] = {
    "pending": {"fill": False, "hatch": "//////", "linewidth": 0.7},
    "running": {"alpha": 0.5, "linewidth": 0},
    "ready": {"linewidth": 0},
    "terminating": {"alpha": 0.28, "linewidth": 0},
}


@dataclass(frozen=True)
class _Label:
    """Where a moment's text goes: above its line, in a row where nothing else stands."""

    x: float
    row: int
    text: str
    is_left_of_line: bool


class _Page:
    """The layout; ``top`` of a panel is measured from the top edge."""

    def __init__(self, rollout: Rollout) -> None:
        self._seconds = rollout.seconds
        self.labels = self._place(rollout)
        label_rows = 1 + max((label.row for label in self.labels), default=-1)
        self.pods_top = _TITLE + label_rows * _LABEL_ROW
        self.pods_height = max(len(rollout.spans), 1) * _POD_ROW
        self.traffic_top = self.pods_top + self.pods_height + _GAP
        self.traffic_height = _TRAFFIC if rollout.result.sent else 0.02  # room for the axis of time alone
        self.height = self.traffic_top + self.traffic_height + _FOOT

    def x(self, second: float) -> float:
        """Inches from the left edge."""
        return _LEFT + second / self._seconds * (_WIDTH - _LEFT - _RIGHT)

    def _place(self, rollout: Rollout) -> list[_Label]:
        """Put each label into the lowest row where it does not run into one before it."""
        labels: list[_Label] = []
        ends: list[float] = []
        for moment in rollout.moments:
            x, width = self.x(moment.at), len(moment.text) * _LETTER + 0.2
            is_left = x + width > _WIDTH
            start = x - width if is_left else x
            row = next((row for row, end in enumerate(ends) if end <= start), len(ends))
            ends[row : row + 1] = [start + width]
            labels.append(_Label(x, row, moment.text, is_left))
        return labels


def draw_rollout(rollout: Rollout) -> str:
    """The picture as SVG."""
    with style():
        return _draw(rollout)


def _draw(rollout: Rollout) -> str:
    page = _Page(rollout)
    figure = new_figure(_WIDTH, page.height)
    colours = {version: VERSIONS[index % len(VERSIONS)] for index, version in enumerate(rollout.versions)}
    pods = _panel(figure, page, page.pods_top, page.pods_height, rollout)
    _draw_pods(pods, rollout, colours)
    traffic = _panel(figure, page, page.traffic_top, page.traffic_height, rollout)
    draw_traffic(traffic, rollout, colours)
    _draw_moments(figure, page)
    _draw_title(figure, page, rollout)
    _draw_legend(figure, page, rollout, colours)
    return to_svg(figure, rollout.verdict, rollout.details)


def _panel(figure: Figure, page: _Page, top: float, height: float, rollout: Rollout) -> Axes:
    bottom = page.height - top - height
    place = (_LEFT / _WIDTH, bottom / page.height, 1 - (_LEFT + _RIGHT) / _WIDTH, height / page.height)
    axes = figure.add_axes(place, facecolor="none")
    axes.set_xlim(0, rollout.seconds)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0, labelsize=9)
    return axes


def _draw_pods(axes: Axes, rollout: Rollout, colours: Mapping[str, str]) -> None:
    for row, (pod, spans) in enumerate(rollout.spans.items()):
        colour = colours[rollout.tags[pod]]
        for span in spans:
            width = span.end - span.start
            axes.barh(row, width, 0.6, span.start, color=colour, edgecolor=colour, **_LOOKS[span.phase])
    axes.set_ylim(max(len(rollout.spans), 1) - 0.4, -0.6)
    axes.set_yticks(range(len(rollout.spans)), [f"…{pod[-5:]}" for pod in rollout.spans], family="monospace")
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks([])


def _draw_moments(figure: Figure, page: _Page) -> None:
    from matplotlib.lines import Line2D

    for label in page.labels:
        x = label.x / _WIDTH
        top = page.height - page.pods_top + (label.row + 1) * _LABEL_ROW
        ends = (_FOOT / page.height, (top - 0.02) / page.height)
        figure.add_artist(Line2D([x, x], ends, color=FAINT, linewidth=0.7, linestyle=(0, (3, 2))))
        nudge = -0.05 if label.is_left_of_line else 0.05
        figure.text(
            (label.x + nudge) / _WIDTH,
            (top - 0.16) / page.height,
            label.text,
            fontsize=9,
            horizontalalignment="right" if label.is_left_of_line else "left",
        )


def _draw_title(figure: Figure, page: _Page, rollout: Rollout) -> None:
    colour = FAILURE if rollout.result.failed else INK
    x, top = 0.1 / _WIDTH, page.height
    figure.text(x, (top - 0.28) / page.height, rollout.verdict, fontsize=14, fontweight="bold", color=colour)
    figure.text(x, (top - 0.5) / page.height, rollout.details, fontsize=9.5)


def _draw_legend(figure: Figure, page: _Page, rollout: Rollout, colours: Mapping[str, str]) -> None:
    from matplotlib.patches import Patch

    shown = [Patch(color=colour, label=version or "unknown", linewidth=0) for version, colour in colours.items()]
    if rollout.result.failed:
        shown.append(Patch(color=FAILURE, label="failed", linewidth=0))
    phases = [Patch(facecolor=INK, edgecolor=INK, label=phase, **look) for phase, look in _LOOKS.items()]
    looks: Any = {
        "frameon": False,
        "fontsize": 9,
        "handlelength": 1.3,
        "columnspacing": 1.4,
        "borderaxespad": 0,
    }
    sides: Any = ((shown, "lower left", _LEFT), (phases, "lower right", _WIDTH - _RIGHT))
    for patches, place, anchor in sides:
        figure.legend(
            handles=patches,
            loc=place,
            ncols=len(patches),
            bbox_to_anchor=(anchor / _WIDTH, 0.06 / page.height),
            **looks,
        )

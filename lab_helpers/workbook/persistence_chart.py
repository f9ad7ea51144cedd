"""Draw and tell what outlived what: places that were written to, against what happened to the pod."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import fill
from typing import TYPE_CHECKING, Any

from lab_helpers.workbook.drawing import FAILURE, FAINT, INK, SUCCESS, new_figure, style, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Survival", "draw_persistence", "tell_persistence"]

# All lengths are inches.
_PLACE, _CELL, _ROW, _HEAD, _EDGE = 2.3, 1.75, 0.52, 0.62, 0.1
# So many letters fit above a cell.
_LETTERS = 24
_KEPT, _LOST, _UNKNOWN = ("✓ survived", SUCCESS), ("✗ lost", FAILURE), ("– not tried", FAINT)


@dataclass(frozen=True)
class Survival:
    """What became of something written to one place.

    Attributes:
        place: Where it was written, as ``claim prj-02-data-pvc``.
        outcomes: For each thing that happened, in order: whether it was still there; None where that was not tried.
    """

    place: str
    outcomes: Mapping[str, bool | None] = field(default_factory=dict)

    def __str__(self) -> str:
        told = ", ".join(f"{what}: {_word(kept)[0][2:]}" for what, kept in self.outcomes.items())
        return f"{self.place}: {told}"


def draw_persistence(rows: Sequence[Survival], title: str) -> str:
    """The picture as SVG."""
    with style():
        return _draw(rows, title)


def _draw(rows: Sequence[Survival], title: str) -> str:
    columns = _columns(rows)
    width, height = _PLACE + _CELL * len(columns) + _EDGE, _HEAD + _ROW * len(rows) + _EDGE
    figure = new_figure(width, height)
    axes = figure.add_axes((0, 0, 1, 1), facecolor="none")
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    for index, column in enumerate(columns):
        axes.text(
            _PLACE + _CELL * (index + 0.5), _HEAD - 0.16, fill(column, _LETTERS), ha="center", va="bottom", fontsize=9.5
        )
    for index, row in enumerate(rows):
        top = _HEAD + _ROW * index
        axes.text(_PLACE - 0.15, top + _ROW / 2, row.place, ha="right", va="center", color=INK)
        for place, column in enumerate(columns):
            _draw_cell(axes, _PLACE + _CELL * place, top, row.outcomes.get(column))
    return to_svg(figure, title, tell_persistence(rows))


def tell_persistence(rows: Sequence[Survival]) -> str:
    """The same as a table of text."""
    columns = _columns(rows)
    lines = [["", *columns], *([row.place, *(_word(row.outcomes.get(c))[0] for c in columns)] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns) + 1)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _columns(rows: Sequence[Survival]) -> list[str]:
    return list(dict.fromkeys(what for row in rows for what in row.outcomes))


def _word(kept: bool | None) -> tuple[str, str]:
    return _UNKNOWN if kept is None else _KEPT if kept else _LOST


def _draw_cell(axes: Axes, left: float, top: float, kept: bool | None) -> None:
    from matplotlib.patches import FancyBboxPatch

    word, colour = _word(kept)
    size = (_CELL - 0.14, _ROW - 0.12)
    looks: Any = {"facecolor": colour, "alpha": 0.16, "linewidth": 0}
    axes.add_patch(FancyBboxPatch((left + 0.07, top + 0.06), *size, boxstyle="round,pad=0,rounding_size=0.06", **looks))
    axes.text(left + _CELL / 2, top + _ROW / 2, word, ha="center", va="center", color=colour, fontweight="bold")

"""Draw a dashboard: its panels side by side, each with its curves over the same time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab_helpers.observe.dashboards import Curve, Dashboard, Panel
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.drawing import VERSION_LOOKS, Drawing, shortened, text_width, version_looks
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["dashboard_story", "dashboard_tables", "draw_dashboard"]

_WIDTH = 860.0
_EDGE, _GUTTER = 20.0, 40.0
_COLUMNS = 2
_PANEL = (_WIDTH - 2 * _EDGE - (_COLUMNS - 1) * _GUTTER) / _COLUMNS
_AXIS = 62.0  # the names of values, left of the curves
_CURVES = 92.0
_TOP, _HEAD, _LEGEND_LINE, _FOOT = 48.0, 26.0, 18.0, 34.0
_KEY = 20.0
_CURVE = "curve "
_BYTES = ("B", "KiB", "MiB", "GiB", "TiB")


def draw_dashboard(dashboard: Dashboard) -> str:
    """The picture as an ``<svg>`` element."""
    drawing = Drawing(_WIDTH)
    drawing.text(_EDGE, 30, dashboard.title, "title")
    y = _TOP
    for start in range(0, len(dashboard.panels), _COLUMNS):
        row = dashboard.panels[start : start + _COLUMNS]
        for column, panel in enumerate(row):
            _draw_panel(drawing, panel, dashboard, _EDGE + column * (_PANEL + _GUTTER), y)
        y += _HEAD + _CURVES + _FOOT + max(len(_legend(panel)) for panel in row) * _LEGEND_LINE
    return drawing.svg(y, dashboard.title, dashboard_story(dashboard))


def dashboard_story(dashboard: Dashboard) -> str:
    """The picture in one sentence."""
    panels = ", ".join(
        phrase(words.PANEL_STORY, panel=panel.title, curves=_last_values(panel) or phrase(words.NO_SERIES))
        for panel in dashboard.panels
    )
    return phrase(words.DASHBOARD_STORY, title=dashboard.title, panels=panels)


def dashboard_tables(dashboard: Dashboard) -> list[Table]:
    """The picture as a table for each panel."""
    columns = [phrase(each) for each in (words.SERIES, words.LOWEST, words.HIGHEST, words.LAST)]
    return [Table(columns, list(_rows(panel)), panel.title) for panel in dashboard.panels]


def _rows(panel: Panel) -> Iterator[list[str]]:
    for curve in panel.curves:
        values = [value for _time, value in curve.points]
        yield [curve.name, *(_value(each, panel.unit) for each in (min(values), max(values), values[-1]))]
    if not panel.curves:
        yield [phrase(words.NO_SERIES), "", "", ""]


def _last_values(panel: Panel) -> str:
    return ", ".join(f"{curve.name} {_value(curve.points[-1][1], panel.unit)}" for curve in panel.curves)


def _draw_panel(drawing: Drawing, panel: Panel, dashboard: Dashboard, x: float, y: float) -> None:
    drawing.text(x, y + 14, shortened(panel.title, _PANEL), "name")
    west, east, top, bottom = x + _AXIS, x + _PANEL, y + _HEAD, y + _HEAD + _CURVES
    largest = max((value for curve in panel.curves for _time, value in curve.points), default=0.0) or 1.0
    for value, height in ((largest, top), (0.0, bottom)):
        drawing.line(west, height, east, height, "rule")
        drawing.text(west - 8, height + 4, _value(value, panel.unit), "quiet small", anchor="end")
    drawing.text(west, bottom + 16, phrase(words.AGO, seconds=dashboard.end - dashboard.start), "quiet small")
    drawing.text(east, bottom + 16, phrase(words.NOW), "quiet small", anchor="end")
    if not panel.curves:
        drawing.text((west + east) / 2, (top + bottom) / 2 + 4, phrase(words.NO_SERIES), "quiet", anchor="middle")
    for curve, look in zip(panel.curves, _looks(panel.curves), strict=True):
        drawing.path(_strokes(curve, dashboard, (west, east), (top, bottom), largest), _CURVE + look)
    for line, entries in enumerate(_legend(panel)):
        at = west
        for curve, look in entries:
            base = bottom + 34 + line * _LEGEND_LINE
            drawing.line(at, base - 4, at + 14, base - 4, _CURVE + look)
            drawing.text(at + _KEY, base, _short(curve), "small")
            at += _KEY + text_width(_short(curve), 12) + 14


def _strokes(
    curve: Curve, dashboard: Dashboard, across: tuple[float, float], down: tuple[float, float], largest: float
) -> str:
    """A line from value to value; it breaks where there was none."""
    (west, east), (top, bottom) = across, down
    pace = 1.5 * dashboard.step_seconds
    strokes, before = "", None
    for time, value in curve.points:
        x = west + (time - dashboard.start) / (dashboard.end - dashboard.start) * (east - west)
        y = bottom - max(value, 0.0) / largest * (bottom - top)
        strokes += f"{'L' if before is not None and time - before <= pace else 'M'}{x:.1f} {y:.1f}"
        before = time
    return f"{strokes}h1"  # so that a single value is seen


def _looks(curves: Sequence[Curve]) -> list[str]:
    """Releases look as in every picture; everything else takes its turn."""
    if all(curve.name.startswith("v") and curve.name[1:2].isdigit() for curve in curves):
        return list(version_looks(curve.name for curve in curves).values())
    return [f"v{number % VERSION_LOOKS}" for number in range(len(curves))]


def _legend(panel: Panel) -> list[list[tuple[Curve, str]]]:
    """The curves with their looks, as they fit into lines."""
    lines: list[list[tuple[Curve, str]]] = [[]]
    room = _PANEL - _AXIS
    for curve, look in zip(panel.curves, _looks(panel.curves), strict=True):
        width = _KEY + text_width(_short(curve), 12) + 14
        if lines[-1] and width > room:
            lines.append([])
            room = _PANEL - _AXIS
        lines[-1].append((curve, look))
        room -= width
    return lines


def _short(curve: Curve) -> str:
    return shortened(curve.name, _PANEL - _AXIS - _KEY, 12)


def _value(value: float, unit: str) -> str:
    """A value with its unit, in three digits."""
    if unit == "percentunit":
        return f"{100 * value:.3g} %"
    if unit == "bytes":
        power = min(max(int(value).bit_length() - 1, 0) // 10, len(_BYTES) - 1)
        return f"{value / 1024**power:.3g} {_BYTES[power]}"
    return f"{value:.3g}{_UNITS.get(unit, '')}"


_UNITS = {"s": " s", "reqps": "/s", "cps": "/s"}

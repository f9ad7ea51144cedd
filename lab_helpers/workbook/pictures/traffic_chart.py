"""Place requests on a line: a tick for each answered one, a cross for each failed one, merged where they overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["alarms", "crosses", "ticks"]

# Lengths as in the drawing.
_TICK = 1.0
_DENSE = 1.6  # ticks closer than this are drawn as one bar
_CROSS = 4.0
_ALARM_GAP, _ALARM_EDGE = 24.0, 6.0


def ticks(at: Iterable[float], y: float, height: float) -> str:
    """A tick at each position, as strokes of one path; dense ones are merged into bars.

    A pause shows as a gap either way. The number of strokes is bounded by the width, not by the number of ticks.
    """
    return "".join(
        f"M{start:.1f} {y:g}h{end - start + _TICK:.1f}v{height:g}h{start - end - _TICK:.1f}z"
        for start, end in _runs(at, _DENSE)
    )


def crosses(at: Iterable[float]) -> list[float]:
    """The positions of crosses, without those that would overlap."""
    places: list[float] = []
    for x in sorted(at):
        if not places or x - places[-1] >= _CROSS:
            places.append(x)
    return places


def alarms(at: Iterable[float]) -> Iterator[tuple[float, float]]:
    """Start and end of each interval in which requests failed, slightly widened."""
    for start, end in _runs(at, _ALARM_GAP):
        yield start - _ALARM_EDGE, end + _ALARM_EDGE


def _runs(at: Iterable[float], gap: float) -> Iterator[tuple[float, float]]:
    """The first and last position of each run without a gap that wide."""
    start: float | None = None
    last = 0.0
    for x in sorted(at):
        if start is not None and x - last >= gap:
            yield start, last
            start = None
        start, last = x if start is None else start, x
    if start is not None:
        yield start, last

"""Draw requests over time: how many each release answered, and every failure in plain sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lab_helpers.kube.traffic import Request
from lab_helpers.workbook.drawing import FAILURE
from lab_helpers.workbook.rollout_model import Rollout

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_traffic"]

_BINS = 90
# So many failures get a cross each; more would only cover one another, and get one for each bin they fall into.
_CROSSES = 200


def draw_traffic(axes: Axes, rollout: Rollout, colours: Mapping[str, str]) -> None:
    """Stack the requests of each release, colour by colour, and put a cross above each that failed."""
    axes.set_xlabel("seconds")
    axes.set_yticks([])
    requests = rollout.result.requests
    if not requests:
        return
    axes.set_ylabel("answers/s", labelpad=8)
    edges = _edges([request.at - rollout.start for request in requests])
    floor = [0.0] * (len(edges) - 1)
    for version, colour in colours.items():
        good = [request for request in requests if request.ok and request.version == version]
        floor = _stack(axes, edges, floor, _rates(good, edges, rollout.start), colour)
    floor = _stack(axes, edges, floor, _rates(rollout.result.failures, edges, rollout.start), FAILURE)
    top = max(floor)
    axes.set_ylim(0, top * 1.45)
    axes.set_yticks([0, round(top)])
    _draw_failures(axes, rollout, edges, top * 1.18)


def _edges(moments: Sequence[float]) -> list[float]:
    """The edges of bins that are all full: from the first moment to the last, none of them half outside."""
    first, last = moments[0], max(moments[-1], moments[0] + 0.1)
    count = max(1, min(_BINS, len(moments) // 8))
    return [first + (last - first) * index / count for index in range(count + 1)]


def _bin(moment: float, edges: Sequence[float]) -> int:
    place = (moment - edges[0]) / (edges[-1] - edges[0]) * (len(edges) - 1)
    return min(int(place), len(edges) - 2)


def _rates(requests: Sequence[Request], edges: Sequence[float], start: float) -> list[float]:
    """Requests a second in each bin."""
    counts = [0] * (len(edges) - 1)
    for request in requests:
        counts[_bin(request.at - start, edges)] += 1
    width = edges[1] - edges[0]
    return [count / width for count in counts]


def _stack(axes: Axes, edges: Sequence[float], floor: list[float], rates: list[float], colour: str) -> list[float]:
    top = [low + rate for low, rate in zip(floor, rates, strict=True)]
    if any(rates):
        axes.stairs(top, edges, baseline=floor, fill=True, color=colour, alpha=0.85, linewidth=0)
    return top


def _draw_failures(axes: Axes, rollout: Rollout, edges: Sequence[float], height: float) -> None:
    moments = [request.at - rollout.start for request in rollout.result.failures]
    if len(moments) > _CROSSES:
        width = edges[1] - edges[0]
        moments = sorted({edges[0] + width * (_bin(moment, edges) + 0.5) for moment in moments})
    if moments:
        _draw_count(axes, rollout, moments, height)
    axes.plot(moments, [height] * len(moments), "x", color=FAILURE, markersize=5, markeredgewidth=1.3, clip_on=False)


def _draw_count(axes: Axes, rollout: Rollout, moments: Sequence[float], height: float) -> None:
    """Beside the crosses: after the last, or before the first where there is no room after."""
    has_room = moments[-1] < 0.85 * rollout.seconds
    axes.annotate(
        f"{rollout.result.failed} failed",
        (moments[-1] if has_room else moments[0], height),
        xytext=(7 if has_room else -7, 0),
        textcoords="offset points",
        ha="left" if has_room else "right",
        va="center_baseline",
        color=FAILURE,
        fontsize=9,
        fontweight="bold",
    )

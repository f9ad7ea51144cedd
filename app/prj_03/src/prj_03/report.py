"""The report: a text that follows from the window and its readings alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from prj_03.transform import Figures
from prj_03.window import Window

__all__ = ["render"]


def render(window: Window, figures: Iterable[Figures]) -> str:
    """Render a report as JSON.

    Neither the moment nor the version of the job is part of it: the same readings make the same bytes.

    Args:
        window: What it is about.
        figures: Those of each sensor, in the order in which it has them.
    """
    sensors = [_record(each) for each in figures]
    report = {
        "window": window.name,
        "start": _utc(window.start),
        "end": _utc(window.end),
        "readings": sum(each["count"] for each in sensors),
        "sensors": sensors,
    }
    return json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _record(figures: Figures) -> dict[str, object]:
    return {**vars(figures), "first": _utc(figures.first), "last": _utc(figures.last)}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")

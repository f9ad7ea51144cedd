"""Grafana's dashboards as ConfigMaps hold them, with what Prometheus answers to each of their queries."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lab_helpers.errors import LabError
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe.monitoring import Monitoring

__all__ = ["LABEL", "Curve", "Dashboard", "Panel", "read"]

LABEL = "grafana_dashboard"
"""The label by which Grafana takes a ConfigMap for a dashboard."""

_POINTS = 120
_QUERY = ("expr", "legendFormat")
_FIELD = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True)
class Curve:
    """The values of one series.

    Attributes:
        name: As the legend has it.
        points: Unix time in seconds, and value; never NaN.
    """

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Panel:
    """One chart of a dashboard.

    Attributes:
        title: What it shows.
        unit: As Grafana calls it, as in ``bytes`` or ``s``; ``none`` for plain numbers.
        curves: Its series; empty where no query had an answer.
    """

    title: str
    unit: str
    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class Dashboard:
    """A dashboard over a time.

    Attributes:
        title: What it shows.
        start: When it begins, as Unix time in seconds.
        end: When it ends.
        panels: Its charts, in their order.
    """

    title: str
    start: float
    end: float
    panels: tuple[Panel, ...]

    @property
    def step_seconds(self) -> float:
        """How far its points are apart."""
        return max((self.end - self.start) / _POINTS, 1.0)


def read(configmap: Object, monitoring: Monitoring, start: float, end: float) -> Dashboard:
    """The dashboard that a ConfigMap holds, with what its queries were from one Unix time until another.

    Raises:
        LabError: It holds no dashboard, or Prometheus does not answer.
    """
    model = _model(configmap)
    empty = Dashboard(model["title"], start, end, ())
    return replace(empty, panels=tuple(_panel(panel, monitoring, empty) for panel in model["panels"]))


def _model(configmap: Object) -> Mapping[str, Any]:
    metadata = configmap["metadata"]
    try:
        (text,) = configmap.get("data", {}).values()
        model: Mapping[str, Any] = json.loads(text)
        titles = [model["title"], *(panel["title"] for panel in model["panels"])]
        queries = [target[key] for panel in model["panels"] for target in panel["targets"] for key in _QUERY]
        if not all(isinstance(content, str) for content in (*titles, *queries)):
            raise TypeError(_("titles and queries must be strings"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise LabError(
            _("holds no dashboard that could be drawn: {error}").format(error=error),
            object=f"configmap/{metadata['name']}",
            next_step=f"kubectl -n {metadata['namespace']} get configmap {metadata['name']} -o yaml",
        ) from error
    return model


def _panel(panel: Mapping[str, Any], monitoring: Monitoring, dashboard: Dashboard) -> Panel:
    unit = panel.get("fieldConfig", {}).get("defaults", {}).get("unit", "none")
    curves = [curve for target in panel["targets"] for curve in _curves(target, monitoring, dashboard)]
    return Panel(panel["title"], unit, tuple(curves))


def _curves(target: Mapping[str, str], monitoring: Monitoring, dashboard: Dashboard) -> Iterator[Curve]:
    series = monitoring.query_range(target["expr"], dashboard.start, dashboard.end, dashboard.step_seconds)
    for each in sorted(series, key=lambda each: sorted(each.labels.items())):
        name = _FIELD.sub(lambda field, labels=each.labels: labels.get(field[1], ""), target["legendFormat"])  # type: ignore[misc]
        points = tuple(point for point in each.points if math.isfinite(point[1]))
        if points:
            yield Curve(name, points)

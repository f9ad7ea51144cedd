"""monitoring: prometheus-operator with one Prometheus, one Alertmanager, and a receiver that shows what arrives."""

from __future__ import annotations

from pathlib import Path

from lab_helpers.addons.conditions import available
from lab_helpers.addons.contract import Addon, ProgramImage
from lab_helpers.language import gettext_noop

__all__ = ["ADDON"]

_NAMESPACE = "monitoring"
_UPSTREAM = "quay.io/prometheus-operator"

ADDON = Addon(
    name="monitoring",
    summary=gettext_noop("Prometheus scrapes what ServiceMonitors select, and Alertmanager sends what its rules find."),
    directory=Path(__file__).parent,
    ready=(
        available("deployment", "prometheus-operator", _NAMESPACE),
        available("deployment", "alert-receiver", _NAMESPACE),
        available("statefulset", "prometheus-lab", _NAMESPACE),
        available("statefulset", "alertmanager-lab", _NAMESPACE),
    ),
    images={
        f"{_UPSTREAM}/prometheus-operator": ProgramImage(("operator",)),
        f"{_UPSTREAM}/prometheus-config-reloader": ProgramImage(("prometheus-config-reloader",)),
        "lab.local/prometheus": ProgramImage(("prometheus", "promtool"), pages="prometheus"),
        "lab.local/alertmanager": ProgramImage(("alertmanager", "amtool")),
        "lab.local/alert-receiver": ProgramImage(("alert-receiver",)),
    },
    upstream="prometheus-operator",
)

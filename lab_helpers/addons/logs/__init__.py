"""logs: VictoriaLogs keeps what every container wrote, and its collector reads that from each node."""

from __future__ import annotations

from pathlib import Path

from lab_helpers.addons.conditions import available
from lab_helpers.addons.contract import Addon, ProgramImage
from lab_helpers.language import gettext_noop

__all__ = ["ADDON"]

ADDON = Addon(
    name="logs",
    summary=gettext_noop("VictoriaLogs keeps and searches what containers write, also of pods that are gone."),
    directory=Path(__file__).parent,
    ready=(
        available("statefulset", "victoria-logs", "logging"),
        available("daemonset", "vlagent", "kube-system"),
    ),
    images={
        "lab.local/victoria-logs": ProgramImage(("victoria-logs",)),
        "lab.local/vlagent": ProgramImage(("vlagent",)),
    },
)

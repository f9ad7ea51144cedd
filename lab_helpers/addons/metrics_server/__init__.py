"""metrics-server: how much CPU and memory pods and nodes use, for ``kubectl top`` and the HorizontalPodAutoscaler."""

from __future__ import annotations

from pathlib import Path

from lab_helpers.addons.conditions import AGGREGATION, available, served
from lab_helpers.addons.contract import Addon, ProgramImage
from lab_helpers.language import gettext_noop

__all__ = ["ADDON"]

_SERVED = served("metrics.k8s.io/v1beta1")

ADDON = Addon(
    name="metrics-server",
    summary=gettext_noop("How much CPU and memory pods use: kubectl top, and autoscaling by it."),
    directory=Path(__file__).parent,
    ready=(available("deployment", "metrics-server", "kube-system"), _SERVED),
    images={"gcr.io/k8s-staging-metrics-server/metrics-server": ProgramImage(("metrics-server",))},
    upstream="metrics-server",
    needs=(AGGREGATION,),
    provided={"k3d": (_SERVED,), "existing": (_SERVED,)},
)

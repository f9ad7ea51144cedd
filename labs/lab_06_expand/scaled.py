"""How prj-02 follows its load: requests, CPU and replicas, second by second, as a live picture."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lab_helpers import CheckContext, LabError, wait
from lab_helpers.kube.jobs import end_of
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe.dashboards import Curve, Dashboard, Panel
from lab_helpers.workbook.display.showing import Shown
from lab_helpers.workbook.pictures.picture import Picture, dashboard_picture
from labs.lab_06_expand.reported import entries

__all__ = [
    "HPA",
    "LOAD",
    "NAMESPACE",
    "START",
    "Second",
    "follow",
    "is_over",
    "least",
    "picture",
    "replicas",
    "seconds_of",
]

NAMESPACE = HPA = "prj-02"
"""The namespace of the API; its Deployment and its HorizontalPodAutoscaler are called so, too."""
LOAD = "load"
"""The Job that stands for customers."""

START = "kubectl -n prj-02 delete job load --ignore-not-found && kubectl apply -f load.yaml"
"""The command that starts it anew."""

_SECONDS = 180.0


@dataclass(frozen=True)
class Second:
    """What the load tells of one second.

    Attributes:
        at: Unix time in seconds.
        sent: How many requests it had sent by then.
        answered: How many of them were answered with 200.
        failed: How many were not.
        p99_seconds: How long the slowest of a hundred took in that second.
    """

    at: float
    sent: int
    answered: int
    failed: int
    p99_seconds: float


@dataclass(frozen=True)
class Sample:
    """What is seen of the scaling at one moment.

    Attributes:
        at: Unix time in seconds.
        asked_for: The replicas that the Deployment asks for.
        ready: Those that are Ready.
        share: The CPU that a pod uses on average, as a share of its request; None while nobody knows.
    """

    at: float
    asked_for: int
    ready: int
    share: float | None


def follow(lab: CheckContext) -> None:
    """Show load, CPU and replicas until the load is over and the autoscaler is back at its least.

    Of a load that runs, it first waits for the step out, which may come when the load has ended.

    Raises:
        LabError: No load runs, there is no autoscaler, or it does not come to that.
    """
    if lab.client.get("job", LOAD, NAMESPACE) is None:
        raise LabError(_("is not there"), object=f"job/{LOAD}", next_step=START)
    scaler = _scaler(lab)
    begun = time.time()
    samples: list[Sample] = []
    shown = Shown(picture(samples, [], scaler, begun))
    was_over = is_over(lab)

    def is_back() -> bool:
        samples.append(_sample(lab))
        shown.change(picture(samples, seconds_of(lab), scaler, begun))
        has_grown = any(sample.asked_for > least(scaler) for sample in samples)
        return (has_grown or was_over) and is_over(lab) and samples[-1].asked_for <= least(scaler)

    wait.until(
        is_back,
        seconds=_SECONDS,
        outcome="scale out and back",
        object=f"hpa/{HPA}",
        last_event=lambda: _last_event(lab, scaler, samples),
        next_step=f"kubectl -n {NAMESPACE} describe hpa {HPA}",
        every=1,
    )


def _last_event(lab: CheckContext, scaler: Object, samples: Sequence[Sample]) -> str:
    """Why it did not come to a step out, where there was none; else what the autoscaler said last."""
    shares = [sample.share for sample in samples if sample.share is not None]
    if shares and all(sample.asked_for <= least(scaler) for sample in samples):
        return _(
            "its pods used at most {share:.0%} of the CPU that they request, and it scales out above {target:.0%}; a "
            "machine that is busy with something else gives them no more"
        ).format(share=max(shares), target=_target(scaler))
    return str(next(iter(reversed(lab.client.events(NAMESPACE, f"hpa/{HPA}"))), ""))


def picture(samples: Sequence[Sample], load: Sequence[Second], scaler: Object, begun: float) -> Picture:
    """Load, its slowest answers, CPU and replicas over one time."""
    end = max([begun + 1, *(sample.at for sample in samples), *(second.at for second in load)])
    shares = [(sample.at, sample.share) for sample in samples if sample.share is not None]
    answered = [
        (after.at, (after.answered - before.answered) / (after.at - before.at)) for before, after in pairwise(load)
    ]
    panels = (
        Panel(_("Requests answered"), "reqps", _curves({_("answered"): answered})),
        Panel(_("The slowest of a hundred"), "s", _curves({"p99": [(each.at, each.p99_seconds) for each in load]})),
        Panel(
            _("CPU of a pod, as a share of its request"),
            "percentunit",
            _curves({_("used"): shares, _("aimed at"): [(begun, _target(scaler)), (end, _target(scaler))]}),
        ),
        Panel(
            _("Replicas"),
            "none",
            _curves(
                {
                    _("as the HPA wants"): [(sample.at, sample.asked_for) for sample in samples],
                    _("Ready"): [(sample.at, sample.ready) for sample in samples],
                }
            ),
        ),
    )
    return dashboard_picture(Dashboard(_("prj-02 and its load"), begun, end, panels))


def seconds_of(lab: CheckContext) -> list[Second]:
    """What the load has told so far; nothing while its pod has not begun."""
    pods = lab.client.list("pod", NAMESPACE, f"app={LOAD}")
    if not pods or pods[0]["status"].get("phase") == "Pending":
        return []
    return [
        Second(entry["at"], entry["sent"], entry["answered"], entry["failed"], entry["p99"] / 1000)
        for entry in entries(lab, pods[0])
    ]


def is_over(lab: CheckContext) -> bool:
    """Whether the load has ended, for whatever reason."""
    job = lab.client.get("job", LOAD, NAMESPACE)
    return job is None or end_of(job) is not None


def replicas(lab: CheckContext) -> int:
    """How many replicas the Deployment asks for."""
    deployment = lab.client.get("deployment", NAMESPACE, NAMESPACE)
    return int(deployment["spec"]["replicas"]) if deployment else 0


def least(scaler: Object) -> int:
    """The fewest replicas that an autoscaler leaves."""
    return int(scaler["spec"].get("minReplicas", 1))


def _scaler(lab: CheckContext) -> Object:
    scaler = lab.client.get("hpa", HPA, NAMESPACE)
    if scaler is None:
        raise LabError(_("is not there"), object=f"hpa/{HPA}", next_step=f"kubectl -n {NAMESPACE} get hpa")
    return scaler


def _sample(lab: CheckContext) -> Sample:
    deployment = lab.client.get("deployment", NAMESPACE, NAMESPACE) or {"spec": {}, "status": {}}
    metrics = _scaler(lab).get("status", {}).get("currentMetrics") or [{}]
    percent = metrics[0].get("resource", {}).get("current", {}).get("averageUtilization")
    return Sample(
        time.time(),
        deployment["spec"].get("replicas", 0),
        deployment["status"].get("readyReplicas", 0),
        None if percent is None else percent / 100,
    )


def _target(scaler: Object) -> float:
    metrics: list[dict[str, Any]] = scaler["spec"].get("metrics") or [{}]
    return float(metrics[0].get("resource", {}).get("target", {}).get("averageUtilization", 0)) / 100


def _curves(named: Mapping[str, Sequence[tuple[float, float]]]) -> tuple[Curve, ...]:
    return tuple(Curve(name, tuple(points)) for name, points in named.items() if points)

"""What proves step 6.5: the API grew with its load and shrank after it, and nothing in Git scales it back."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.kube.events import KubeEvent
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.learner import production
from labs.lab_06_expand import deployed, scaled
from labs.lab_06_expand.scaled import HPA, LOAD, NAMESPACE

__all__ = ["scaled_out_and_back"]

_METRICS = "/apis/metrics.k8s.io/v1beta1"
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SIZE = re.compile(r"New size: (?P<size>\d+); reason: (?P<reason>.*)", re.DOTALL)
_DESCRIBE = f"kubectl -n {NAMESPACE} describe hpa {HPA}"


@dataclass(frozen=True)
class _Step:
    """A change of the number of replicas by the autoscaler.

    Attributes:
        at: Unix time in seconds, whole ones.
        size: The replicas from then on.
        reason: Why, as the autoscaler says.
    """

    at: float
    size: int
    reason: str

    @property
    def is_out(self) -> bool:
        """Whether there was more to do than the pods could."""
        return "above target" in self.reason


@check("6.5", seconds=180)
def scaled_out_and_back(lab: CheckContext) -> Evidence:
    """prj-02 grew with its load and shrank after it, and nothing in Git scales it back."""
    _expect_metrics(lab)
    _expect_no_quarrel(lab)
    scaler = _scaler(lab)
    deployed.expect_as_committed(lab, "HorizontalPodAutoscaler", namespaces=(NAMESPACE,))
    _expect_active(scaler)
    steps = [step for event in lab.client.events(NAMESPACE, f"hpa/{HPA}") for step in _steps(event)]
    _expect_out(lab, steps)
    _expect_back(lab, scaler, steps)
    pods = production.rolled_out(lab, NAMESPACE)
    seconds = scaled.seconds_of(lab)
    return Evidence(
        steps=_table(steps),
        most=max(step.size for step in steps),
        pods_Ready=len(pods),
        requests=_("{answered} answered, {failed} failed").format(
            answered=seconds[-1].answered, failed=seconds[-1].failed
        )
        if seconds
        else _("the load is gone, and what it counted"),
        Git=deployed.last_commit(lab),
    )


def _expect_metrics(lab: CheckContext) -> None:
    if lab.client.read(_METRICS) is None:
        raise CheckFailed(
            _("somebody who measures what pods use"),
            seen=_("no metrics.k8s.io on this cluster"),
            hint=_("An autoscaler asks the API server for figures, and those come from metrics-server."),
            next_step="lab addon install metrics-server",
        )


def _expect_no_quarrel(lab: CheckContext) -> None:
    """Make sure that neither the overlay nor what was applied says how many replicas there are."""
    rendered = [
        item for item in deployed.render(lab) if (item["kind"], item["metadata"]["name"]) == ("Deployment", NAMESPACE)
    ]
    in_git = next((item["spec"].get("replicas") for item in rendered), None)
    if in_git is not None:
        raise CheckFailed(
            _("no `replicas:` of prj-02 in what kustomize renders"),
            seen=f"replicas: {in_git}",
            hint=_(
                "Two hands on one number: each apply, by anybody, scales to {replicas}, in the middle of the load that "
                "the autoscaler has scaled out for. `minReplicas` says how few there may be; the patch goes."
            ).format(replicas=in_git),
            next_step=f"grep -rn replicas {production.OVERLAY}/{NAMESPACE}",
        )
    annotations = production.deployment(lab, NAMESPACE)["metadata"].get("annotations", {})
    if "replicas" in json.loads(annotations.get(_APPLIED, '{"spec": {}}'))["spec"]:
        raise CheckFailed(
            _("what Git says, applied"),
            seen=_("an apply from before, which had `replicas:`"),
            hint=_("The files say nothing of it any more, and the cluster has not heard of that."),
            next_step=production.APPLY,
        )


def _scaler(lab: CheckContext) -> Object:
    scaler = lab.client.get("hpa", HPA, NAMESPACE)
    if scaler is None:
        raise deployed.missing(f"horizontalpodautoscaler/{HPA}", component="autoscaling")
    return scaler


def _expect_active(scaler: Object) -> None:
    """Make sure that the autoscaler knows its target, and what it uses."""
    for condition in scaler.get("status", {}).get("conditions", []):
        if condition["type"] in ("AbleToScale", "ScalingActive") and condition["status"] == "False":
            raise _inactive(condition["reason"], condition.get("message", ""))


def _inactive(reason: str, message: str) -> CheckFailed:
    state = f"{reason}: {message}"
    expected = _("an autoscaler that can scale")
    if reason == "FailedGetScale":
        hint = _("It names a workload that is not there: kind and name in scaleTargetRef, to the letter.")
        return CheckFailed(expected, seen=state, hint=hint, next_step=_DESCRIBE)
    if "missing request" in message:
        hint = _(
            "It measures a share of what each container *requests*, and one of them requests nothing: sidecars count, "
            "too. A share of nothing is `<unknown>`, and it does nothing."
        )
        return CheckFailed(expected, seen=state, hint=hint, next_step=_DESCRIBE)
    hint = _("Its first figures take half a minute; if it stays so, what does it say?")
    return Unsettled(expected, seen=state, hint=hint, next_step=_DESCRIBE)


def _expect_out(lab: CheckContext, steps: Sequence[_Step]) -> None:
    if any(step.is_out for step in steps):
        return
    has_load = lab.client.get("job", LOAD, NAMESPACE) is not None
    failure = CheckFailed if not has_load or scaled.is_over(lab) else Unsettled
    raise failure(
        _("a step out, above the target"),
        seen=_("none; prj-02 asks for {replicas} replicas").format(replicas=scaled.replicas(lab)),
        hint=_("From the load to the step it is half a minute: what is used is measured every few seconds.")
        if has_load
        else _("Nobody asks for much: load.yaml brings customers."),
        next_step=_DESCRIBE if has_load else scaled.START,
    )


def _expect_back(lab: CheckContext, scaler: Object, steps: Sequence[_Step]) -> None:
    last_out = max(step.at for step in steps if step.is_out)
    is_back = any(not step.is_out and step.at >= last_out for step in steps)
    if not is_back or scaled.replicas(lab) > scaled.least(scaler):
        raise Unsettled(
            _("a step back, to {least} replicas").format(least=scaled.least(scaler)),
            seen=_("{replicas} replicas").format(replicas=scaled.replicas(lab)),
            hint=_("It waits for the load to be over, and then for scaleDown.stabilizationWindowSeconds."),
            next_step=_DESCRIBE,
        )


def _steps(event: KubeEvent) -> list[_Step]:
    match = _SIZE.match(event.message)
    return [_Step(event.at, int(match["size"]), match["reason"])] if match else []


def _table(steps: Sequence[_Step]) -> Table:
    rows = [[time.strftime("%H:%M:%S", time.localtime(step.at)), str(step.size), step.reason] for step in steps]
    return Table([_("at"), _("replicas"), _("why")], rows)

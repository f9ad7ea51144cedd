"""What proves step 6.6: limits hold a greedy neighbour, and batch work makes room for the API where room is short."""

from __future__ import annotations

from collections.abc import Sequence

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.kube.quantities import quantity
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import production
from labs.lab_06_expand import deployed, latency
from labs.lab_06_expand.latency import NEIGHBOURHOOD, Phase

__all__ = ["neighbour_held_and_batch_yielded"]

_API, _BATCH, _CLASS = "prj-02", "prj-03", "batch"
_ENOUGH = 100  # requests of a phase
_LONG = 5.0  # seconds that a pod waits for room; where there is some, it does not wait one
_ALLOWED = 1.3  # what a limit may be passed by, as a share of it: it is held over a tenth of a second at a time
_EVENTS = f"kubectl -n {NEIGHBOURHOOD} get events"


@check("6.6", seconds=60)
def neighbour_held_and_batch_yielded(lab: CheckContext) -> Evidence:
    """A limit held a greedy neighbour, and where room was short, batch work made room for the API."""
    _expect_class(lab)
    measured = latency.phases(lab)
    unlimited, limited = _expect_both(measured)
    preempted = _expect_preempted(lab)
    pods = production.rolled_out(lab, _API)
    deployed.expect_as_committed(lab, "CronJob", namespaces=(_BATCH,))
    alone, worse, better = (phase.percentile(99) for phase in (measured[0], unlimited, limited))
    return Evidence(
        latencies=latency.table(measured),
        p99=_("{without:.1f} times that of alone without the limit, {within:.1f} times with it").format(
            without=worse / alone, within=better / alone
        )
        if alone
        else _("no answers"),
        made_room=preempted,
        priority=_("{name} for {batch}, below all that says nothing").format(name=_CLASS, batch=_BATCH),
        pods_Ready=len(pods),
        Git=deployed.last_commit(lab),
    )


def _expect_class(lab: CheckContext) -> None:
    priority = lab.client.get("priorityclass", _CLASS)
    if priority is None:
        raise deployed.missing(f"priorityclass/{_CLASS}", component="priorities")
    if priority["value"] >= 0:
        raise CheckFailed(
            _("a priority below 0"),
            seen=str(priority["value"]),
            hint=_(
                "Whatever says nothing has priority 0, the API too. A class above it drives the API away; one of the "
                "same value drives nobody away, and yields to nobody."
            ),
            next_step=f"kubectl get priorityclass {_CLASS} -o yaml",
        )
    cronjob = lab.client.get("cronjob", _BATCH, _BATCH)
    pod = cronjob["spec"]["jobTemplate"]["spec"]["template"]["spec"] if cronjob else {}
    if pod.get("priorityClassName") != _CLASS:
        raise CheckFailed(
            _("{batch} in the class {name}").format(batch=f"cronjob/{_BATCH}", name=_CLASS),
            seen=pod.get("priorityClassName") or _("no class"),
            hint=_("A class that nobody names is only a number."),
            next_step=production.APPLY,
        )


def _expect_both(measured: Sequence[Phase]) -> tuple[Phase, Phase]:
    """The phases beside a neighbour without limits, and beside one with them."""
    if not measured:
        raise CheckFailed(
            _("customers who say how long they waited"),
            seen=_("none"),
            hint=_("customers.yaml brings them, for 40 seconds; both neighbours belong into that time."),
            next_step=_("Run the cells of this step from the first on."),
        )
    unlimited = [phase for phase in measured[1:] if not phase.limit]
    limited = [phase for phase in measured[1:] if phase.limit]
    for neighbours, description in ((unlimited, _("without a limit")), (limited, _("with a limit"))):
        if not neighbours:
            raise CheckFailed(
                _("a neighbour {description}, to its end").format(description=description),
                seen=", ".join(phase.neighbour for phase in measured[1:]) or _("none"),
                hint=_(
                    "Who names no limit has none, unless a LimitRange is in the namespace when its pod is made: pods "
                    "that are there keep what they have."
                ),
                next_step=f"kubectl -n {NEIGHBOURHOOD} get pods,limitrange",
            )
        _expect_customers(neighbours[-1], description)
    _expect_held(limited[-1])
    return unlimited[-1], limited[-1]


def _expect_customers(beside: Phase, description: str) -> None:
    if beside.requests >= _ENOUGH:
        return
    expected = _("customers beside the neighbour {description}").format(description=description)
    requests = _("{count} requests").format(count=beside.requests)
    if beside.pending > _LONG:
        raise CheckFailed(
            expected,
            seen=requests,
            hint=_(
                "The neighbour waited {seconds:.0f} seconds until the node had room for what it requests: until the "
                "customers were gone, that is. Something on the node requests too much beside them."
            ).format(seconds=beside.pending),
            next_step="kubectl describe nodes | grep -A 40 'Non-terminated Pods'",
        )
    raise CheckFailed(
        expected,
        seen=requests,
        hint=_(
            "The customers were gone before the neighbour was, or not there yet: they stay for 40 seconds, and both "
            "neighbours belong into those."
        ),
        next_step=_("Run its three cells once more, from `kubectl create namespace` on, one right after the other."),
    )


def _expect_held(limited: Phase) -> None:
    allowed = float(quantity(limited.limit) or 0)
    if limited.cpus > allowed * _ALLOWED:
        raise CheckFailed(
            _("a neighbour that keeps to its limit of {limit}").format(limit=limited.limit),
            seen=_("{cpus:.2f} CPUs").format(cpus=limited.cpus),
            hint=_("The kernel holds the limit of a container, by its cgroup. Does this node do so?"),
            next_step=f"kubectl -n {NEIGHBOURHOOD} logs job/{limited.neighbour}",
        )


def _expect_preempted(lab: CheckContext) -> str:
    events = [event for event in lab.client.events(NEIGHBOURHOOD) if event.reason == "Preempted"]
    if not events:
        raise Unsettled(
            _("a pod of the batch that made room"),
            seen=_("none"),
            hint=_(
                "The scheduler takes a pod away for another only where that one finds no room, and comes before it. "
                "Was the node full, and has the batch its class?"
            ),
            next_step=f"{_EVENTS}; kubectl -n {_API} get pods",
        )
    return events[-1].object

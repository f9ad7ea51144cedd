"""How long customers waited: alone, beside a neighbour without limits, and beside one with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from lab_helpers import CheckContext
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.display.tables import Table
from labs.lab_06_expand.reported import entries

__all__ = ["NEIGHBOURHOOD", "Phase", "latencies", "phases", "table"]

NEIGHBOURHOOD = "lab-neighbour"
"""The namespace of the neighbour."""
_CUSTOMERS = "customers"
"""The Job that sends requests to prj-02 and says how long each took."""

_API = "prj-02"


@dataclass(frozen=True)
class Phase:
    """A time in which customers asked.

    Attributes:
        neighbour: The Job beside them; empty for none.
        limit: The CPU that the Job's container may take, as it is written; empty for no limit.
        cpus: How many CPUs it took, on average.
        milliseconds: How long each answer took, the quickest first.
        failed: How many requests got no good answer.
        pending: How many seconds the Job's pod waited until a node had room for it.
    """

    neighbour: str
    limit: str
    cpus: float
    milliseconds: tuple[float, ...]
    failed: int
    pending: float = 0.0

    @property
    def requests(self) -> int:
        """How many requests there were."""
        return len(self.milliseconds) + self.failed

    def percentile(self, percent: int) -> float:
        """The time within which so many of a hundred answers came, in milliseconds; 0 without answers."""
        place = ceil(len(self.milliseconds) * percent / 100) - 1
        return self.milliseconds[max(place, 0)] if self.milliseconds else 0.0


def latencies(lab: CheckContext) -> Table:
    """How long customers waited in each phase so far."""
    return table(phases(lab))


def table(measured: Sequence[Phase]) -> Table:
    """A row for each phase, and how its slowest answers compare with those of customers alone."""
    alone = measured[0].percentile(99) if measured else 0.0
    rows = [
        [
            _name(phase),
            f"{phase.cpus:.2f}" if phase.neighbour else "",
            str(phase.requests),
            str(phase.failed),
            f"{phase.percentile(50):.1f} ms",
            f"{phase.percentile(99):.1f} ms",
            f"× {phase.percentile(99) / alone:.1f}" if alone else "",
        ]
        for phase in measured
    ]
    columns = [_("beside"), _("its CPUs"), _("requests"), _("failed"), _("median"), "p99", _("to alone")]
    return Table(columns, rows)


def phases(lab: CheckContext) -> list[Phase]:
    """The phases so far: alone first, then beside each neighbour, in their order; none without customers."""
    seconds = _seconds(lab)
    if not seconds:
        return []
    ends = sorted(_ends(lab), key=lambda end: float(end[1]["began"]))
    beside = [
        _phase(
            [second for second in seconds if end["began"] <= second["at"] - 1 and second["at"] <= end["ended"] + 1],
            neighbour=pod["metadata"]["labels"]["job-name"],
            limit=pod["spec"]["containers"][0].get("resources", {}).get("limits", {}).get("cpu", ""),
            cpus=end["cpu"] / (end["ended"] - end["began"]),
            pending=_pending(pod),
        )
        for pod, end in ends
    ]
    alone = [
        second
        for second in seconds
        if not any(end["began"] - 1 <= second["at"] and second["at"] - 1 <= end["ended"] + 1 for _pod, end in ends)
    ]
    return [_phase(alone), *beside]


def _phase(
    seconds: Sequence[dict[str, Any]], neighbour: str = "", limit: str = "", cpus: float = 0.0, pending: float = 0.0
) -> Phase:
    times = [time for second in seconds for time in second["times"]]
    answered = tuple(sorted(time for time in times if time >= 0))
    return Phase(neighbour, limit, cpus, answered, len(times) - len(answered), pending)


def _pending(pod: Object) -> float:
    created = pod["metadata"]["creationTimestamp"]
    conditions = pod["status"].get("conditions", [])
    scheduled = next((item["lastTransitionTime"] for item in conditions if item["type"] == "PodScheduled"), created)
    return (datetime.fromisoformat(scheduled) - datetime.fromisoformat(created)).total_seconds()


def _name(phase: Phase) -> str:
    if not phase.neighbour:
        return _("nobody")
    limit = _("limit {cpu}").format(cpu=phase.limit) if phase.limit else _("no limit")
    return f"{phase.neighbour}: {limit}"


def _seconds(lab: CheckContext) -> list[dict[str, Any]]:
    """What customers have told, second by second."""
    return [entry for pod in _begun(lab, _API, f"app={_CUSTOMERS}") for entry in entries(lab, pod)]


def _ends(lab: CheckContext) -> list[tuple[Object, dict[str, Any]]]:
    """The neighbours that are done, with what they told at their end."""
    pods = _begun(lab, NEIGHBOURHOOD, "app=greedy")
    return [(pod, reported[-1]) for pod in pods for reported in [entries(lab, pod)] if reported]


def _begun(lab: CheckContext, namespace: str, selector: str) -> list[Object]:
    pods = lab.client.list("pod", namespace, selector)
    begun = [pod for pod in pods if pod["status"].get("phase") in ("Running", "Succeeded")]
    return [pod for pod in begun if "deletionTimestamp" not in pod["metadata"]]

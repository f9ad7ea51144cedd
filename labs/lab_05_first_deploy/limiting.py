"""What proves step 5.12: a container that takes more memory than its limit is killed, and comes back."""

from __future__ import annotations

from typing import Any

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.kube.conditions import condition
from lab_helpers.kube.diagnose import explain_pod
from lab_helpers.kube.events import parse_time
from lab_helpers.kube.quantities import quantity
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.course.streams import end, judged
from lab_helpers.workbook.pictures.observation import RolloutObservation
from labs.lab_05_first_deploy import prj_02, release

__all__ = ["stopped_at_its_limit"]

_STEP = "5.12"
_LEAK_BYTES = 256 * 1024**2  # as leak.mjs in the starter has it
_ENOUGH = 10  # requests: half a second of the stream


@check(_STEP, seconds=20)
def stopped_at_its_limit(lab: CheckContext) -> Evidence:
    """A container that took more than its memory limit was killed, and came back."""
    observation = judged(lab.watch, _STEP, _again())
    resources = prj_02.deployment(lab)["spec"]["template"]["spec"]["containers"][0].get("resources", {})
    _expect_limit(lab, resources)
    pod, ended = _killed(lab)
    killed_at = parse_time(ended["finishedAt"])
    _expect_seen(observation, killed_at)
    pods = release.rolled_out(lab, prj_02.target(lab))
    _expect_answered(observation, killed_at)
    observation = end(lab.watch, _STEP)
    sent = _since(observation, killed_at)
    failures = [request for request in sent if not request.ok]
    return Evidence(
        limit=_("{limit}, of which {request} are requested: QoS {name}").format(
            limit=resources["limits"]["memory"],
            request=resources.get("requests", {}).get("memory", resources["limits"]["memory"]),
            name=pod["status"]["qosClass"],
        ),
        pod=pod["metadata"]["name"],
        ended=_("{reason}, exit code {code}: 128, and 9 for SIGKILL").format(
            reason=ended["reason"], code=ended["exitCode"]
        ),
        Ready_again=_("within {seconds:.0f} s").format(seconds=max(0.0, _ready_at(pod) - killed_at)),
        pods_Ready=len(pods),
        requests_since=len(sent),
        failed=_failed(failures),
    )


def _expect_limit(lab: CheckContext, resources: dict[str, Any]) -> None:
    limit = resources.get("limits", {}).get("memory")
    size = quantity(limit)
    if size is not None and size < _LEAK_BYTES:
        return
    pending = [pod for pod in prj_02.pods(lab) if pod["status"].get("phase") == "Pending"]
    if limit is None:
        hint = _(
            "Without a limit nothing stops it before the memory of the whole node is used up. Then the kernel chooses "
            "among all that runs there, and it may be your neighbour's."
        )
    elif pending:
        hint = _(
            "The new pods stay Pending ({reason}): what a container requests is set aside for it on a node, and where "
            "only a limit is given, it is the request as well. No node has that much."
        ).format(reason=explain_pod(pending[0], lab.client.events(prj_02.NAMESPACE)))
    else:
        hint = _(
            "The leak goes on all the same, only longer, and takes from everybody on the node. A limit is what the "
            "application needs when it is well, and some room."
        )
    raise CheckFailed(
        _("a memory limit below the {size} MiB that leak.mjs takes").format(size=_LEAK_BYTES // 1024**2),
        seen=_("none") if limit is None else str(limit),
        hint=hint,
        next_step=_("kubectl apply -k {overlay}   # when the file is mended").format(overlay=prj_02.OVERLAY),
    )


def _killed(lab: CheckContext) -> tuple[Object, dict[str, Any]]:
    """The pod whose container was killed for its memory last, and how that ended."""
    ends = [(pod, end) for pod in prj_02.pods(lab) if (end := _last_end(pod))]
    killed = [(pod, end) for pod, end in ends if end["reason"] == "OOMKilled"]
    if killed:
        return max(killed, key=lambda entry: parse_time(entry[1]["finishedAt"]))
    if ends:
        pod, end = ends[-1]
        raise CheckFailed(
            _("a container of prj-02 that was killed for its memory: OOMKilled, exit code 137"),
            seen=_("{pod}: {reason}, exit code {code}").format(
                pod=pod["metadata"]["name"], reason=end["reason"], code=end["exitCode"]
            ),
            hint=_(
                "That container ended on another ground: by itself, or asked by a signal, which it could answer and "
                "clean up first. Who takes more than the limit is asked nothing: the kernel sends SIGKILL."
            ),
            next_step=_again(),
        )
    raise Unsettled(
        _("a container of prj-02 that was killed for its memory: OOMKilled, exit code 137"),
        seen=_("none that has ended"),
        hint=_(
            "leak.mjs has the application take memory, until the limit is reached some seconds later. Where a pod is "
            "deleted, the note of how its container ended goes with it."
        ),
        next_step=_again(),
    )


def _last_end(pod: Object) -> dict[str, Any]:
    """How a pod's container ended last; empty where it has not."""
    status = pod.get("status", {}).get("containerStatuses", [{}])[0]
    states: list[dict[str, Any]] = [status.get("state", {}), status.get("lastState", {})]
    return next((state["terminated"] for state in states if "terminated" in state), {})


def _expect_seen(observation: RolloutObservation, killed_at: float) -> None:
    if not observation.requests or observation.requests[0].at > killed_at:
        raise CheckFailed(
            _("a stream of requests from before the container was killed"),
            seen=_("one that began after it"),
            hint=_("The watch must begin first."),
            next_step=_again(),
        )


def _expect_answered(observation: RolloutObservation, killed_at: float) -> None:
    """Make sure that clients notice nothing any more; what they noticed is told."""
    sent = _since(observation, killed_at)
    if len(sent) < _ENOUGH or not all(request.ok for request in sent[-_ENOUGH:]):
        hint = _("Is the pod Ready, and in its Service?")
        raise Unsettled(_("requests answered again"), seen=_("not yet"), hint=hint)


def _since(observation: RolloutObservation, killed_at: float) -> list[Request]:
    """The requests from the kill on; its time is known to the second."""
    return [request for request in observation.requests if request.at >= killed_at - 1]


def _failed(failures: list[Request]) -> str:
    if not failures:
        return _("none")
    return _("{count}, within {seconds:.1f} s").format(count=len(failures), seconds=failures[-1].at - failures[0].at)


def _ready_at(pod: Object) -> float:
    return parse_time(condition(pod, "Ready")["lastTransitionTime"])


def _again() -> str:
    return _("Run `lab.watch_rollout()`, then the step's commands.")

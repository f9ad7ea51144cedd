"""What proves step 7.5: a server died unannounced, and its pods were given up as soon as their manifest says."""

from __future__ import annotations

import time
from collections.abc import Sequence

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.cluster.occupancy import claims_on
from lab_helpers.kube.conditions import condition, heartbeat, is_ready
from lab_helpers.kube.events import parse_time
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe.rollout import pods_selector
from lab_helpers.observe.traffic import ProbeResult, Request
from lab_helpers.workbook.course.streams import end, judged
from lab_helpers.workbook.learner import committed, production, rendering
from labs.lab_07_operate.nodes import PROJECT, name_of, places, second_node

__all__ = ["outlived_a_server"]

_UNREACHABLE, _NOT_READY = "node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"
_LONGEST_SECONDS, _DEFAULT_SECONDS = 10, 300  # the second is what the API server fills in
_OTHERS = ("prj-01", "prj-02")
_SILENCE_SECONDS = 12.0  # a kubelet that lives has said something by then
_OVERLAY = production.OVERLAY.removeprefix(f"{production.REPOSITORY}/")
_PATCHES = f"{production.OVERLAY}/patches"


@check("7.5", seconds=60)
def outlived_a_server(lab: CheckContext) -> Evidence:
    """The second server has died unannounced, and prj-04 runs whole on the other one."""
    node, deployment = second_node(lab), production.deployment(lab, PROJECT)
    for each in (*_declared(lab), deployment):
        _expect_patience(each)
    _expect_others_patient(lab)
    committed.expect_clean(lab.workspace, production.REPOSITORY, _OVERLAY)
    lost_at = _expect_lost(node, judged(lab.watch, "7.5", _again()).requests)
    given_up = _given_up_at(lab, node, deployment)
    pods = production.rolled_out(lab, PROJECT)
    requests = _since(end(lab.watch, "7.5").requests, parse_time(heartbeat(node)))
    return Evidence(
        counted_as_lost_after=_seconds(lost_at - parse_time(heartbeat(node))),
        its_pods_given_up_after=_seconds(given_up - lost_at),
        pods=places(pods),
        requests_since_its_death=_("{sent}, {failed} failed").format(sent=requests.sent, failed=requests.failed),
        failed_once_it_counted_as_lost=_since(requests.failures, lost_at).sent,
        claims_that_wait_for_it=", ".join(map(str, claims_on(lab.client, name_of(node)))) or _("none"),
    )


def _again() -> str:
    return _(
        "Bring the node back (`lab node list` names it), run `lab.watch_rollout()`, then the step's commands again."
    )


def _declared(lab: CheckContext) -> list[Object]:
    """The Deployment as the overlay has it, which a change by hand leaves as it is."""
    objects = rendering.render(lab.workspace, production.OVERLAY)
    return [each for each in objects if each["kind"] == "Deployment" and name_of(each) == PROJECT]


def _expect_patience(deployment: Object) -> None:
    """Make sure that the manifest says how long a pod stays with a node that is not heard of."""
    seconds = {taint: _tolerated(deployment, taint) for taint in (_UNREACHABLE, _NOT_READY)}
    late = {taint: limit for taint, limit in seconds.items() if limit is None or limit > _LONGEST_SECONDS}
    if not late:
        return
    is_replaced = len(late) == 1 and _DEFAULT_SECONDS in late.values()
    raise CheckFailed(
        _("pods of {project} that are given up after {seconds} s at most").format(
            project=PROJECT, seconds=_LONGEST_SECONDS
        ),
        seen=", ".join(f"{taint}: {_('for ever') if limit is None else f'{limit} s'}" for taint, limit in late.items()),
        hint=_(
            "A patch replaces the list of tolerations as a whole: what it does not name is gone, and the API server "
            "fills in {default} s. A node that is silent has the taint unreachable, one that says so itself not-ready."
        ).format(default=_DEFAULT_SECONDS)
        if is_replaced
        else _("The overlay says how long for all Deployments; a patch after that one may say less for one of them."),
        next_step=f"grep -n -A 3 tolerationSeconds {_PATCHES}/*.yaml",
    )


def _expect_others_patient(lab: CheckContext) -> None:
    """Make sure that what was written for one project is not so for all."""
    seconds = [
        (project, _tolerated(production.deployment(lab, project), taint))
        for project in _OTHERS
        for taint in (_UNREACHABLE, _NOT_READY)
    ]
    hasty = {project: limit for project, limit in seconds if limit is not None and limit <= _LONGEST_SECONDS}
    if hasty:
        raise CheckFailed(
            _("the other projects as patient as before"),
            seen=", ".join(f"{project}: {limit:g} s" for project, limit in hasty.items()),
            hint=_(
                "Only the team of {project} has asked for it, and a network that comes back after ten seconds moves "
                "everybody else for nothing. It is a patch of its own, below the one for all, with a target."
            ).format(project=PROJECT),
            next_step=f"grep -n -A 3 tolerationSeconds {_PATCHES}/*.yaml",
        )


def _tolerated(deployment: Object, taint: str) -> float | None:
    """For how many seconds a pod tolerates a taint that evicts; None for ever."""
    tolerations = deployment["spec"]["template"]["spec"].get("tolerations") or []
    seconds = [
        each.get("tolerationSeconds")
        for each in tolerations
        if each.get("key", taint) == taint and each.get("effect", "NoExecute") == "NoExecute"
    ]
    limits = [int(each) for each in seconds if each is not None]
    return min(limits) if limits else None if seconds else _DEFAULT_SECONDS


def _expect_lost(node: Object, requests: Sequence[Request]) -> float:
    """Make sure that the node died while requests were sent; when it began to count as lost."""
    if is_ready(node):
        raise _alive(node)
    last_word = parse_time(heartbeat(node))
    if not requests or requests[0].at > last_word + 1:
        raise CheckFailed(
            _("a stream of requests that was there when {node} died").format(node=name_of(node)),
            seen=_("one that began after its death"),
            hint=_("What nobody looked at proves nothing."),
            next_step=_again(),
        )
    return parse_time(condition(node, "Ready")["lastTransitionTime"])


def _alive(node: Object) -> CheckFailed:
    is_silent = time.time() - parse_time(heartbeat(node)) > _SILENCE_SECONDS
    return (Unsettled if is_silent else CheckFailed)(
        _("{node} dead, without a word").format(node=name_of(node)),
        seen=_("Ready, but silent") if is_silent else _("Ready: its kubelet still reports"),
        hint=_(
            "A maintenance is announced, and the node emptied first (7.4). Power that fails asks nobody: the API "
            "server learns of it by the silence, some seconds later."
        ),
        next_step=f"lab node kill {name_of(node)}",
    )


def _given_up_at(lab: CheckContext, node: Object, deployment: Object) -> float:
    """When the last pod on the node was given up.

    Raises:
        CheckFailed: None was there when it died.
        Unsettled: One has not been yet.
    """
    pods = [
        pod
        for pod in lab.client.list("pod", PROJECT, pods_selector(deployment))
        if pod["spec"].get("nodeName") == name_of(node)
    ]
    if not pods:
        raise CheckFailed(
            _("pods of {project} on {node} when it died").format(project=PROJECT, node=name_of(node)),
            seen=_("none"),
            hint=_("A server that had nothing to lose says nothing. A rollout spreads the pods over both (7.3)."),
            next_step=_again(),
        )
    if not all(pod["metadata"].get("deletionTimestamp") for pod in pods):
        raise Unsettled(
            _("the pods on {node} given up").format(node=name_of(node)),
            seen=_("some that count as running"),
            hint=_("Each stays for as long as its tolerations say, from the moment on when its node counts as lost."),
            next_step=f"kubectl -n {PROJECT} get pods -o wide",
        )
    return max(_given_up(pod) for pod in pods)


def _given_up(pod: Object) -> float:
    metadata = pod["metadata"]  # the time says when it has to be gone, its grace period included
    return parse_time(metadata["deletionTimestamp"]) - float(metadata.get("deletionGracePeriodSeconds", 0))


def _since(requests: Sequence[Request], at: float) -> ProbeResult:
    return ProbeResult([request for request in requests if request.at >= at])


def _seconds(seconds: float) -> str:
    return _("{seconds:.0f} s").format(seconds=seconds)

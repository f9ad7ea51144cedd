"""What proves the steps with a second server: pods on both, and one that was emptied as a budget allows."""

from __future__ import annotations

from collections.abc import Sequence

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.cluster.occupancy import holdups, movable_pods
from lab_helpers.kube.conditions import is_ready
from lab_helpers.kube.events import parse_time
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import production

__all__ = ["PROJECT", "drained_for_maintenance", "name_of", "places", "second_node", "spread_over_nodes"]

PROJECT, _WITH_CLAIM = "prj-04", "prj-02"
"""What runs on both nodes, and what its claim keeps on one."""

_RESTART = f"kubectl -n {PROJECT} rollout restart deployment/{PROJECT}"
_CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
_BUDGET_FILE, _LEAST_PODS = "budget.yaml", 3


@check("7.3", seconds=30)
def spread_over_nodes(lab: CheckContext) -> Evidence:
    """Two nodes are Ready, prj-04 runs on both, and a budget guards it while one of them is emptied."""
    second = second_node(lab)
    _expect_ready(second)
    _expect_takes_pods(second)
    _budget(lab)
    pods = production.rolled_out(lab, PROJECT)
    _expect_spread(pods)
    return Evidence(
        node=name_of(second),
        pods=places(pods),
        pods_with_a_claim=places(production.rolled_out(lab, _WITH_CLAIM)),
    )


@check("7.4", seconds=30)
def drained_for_maintenance(lab: CheckContext) -> Evidence:
    """The second node was emptied as the budget of prj-04 allows, and takes pods again."""
    node = second_node(lab)
    _expect_ready(node)  # what was on one that has died is neither evicted nor kept
    budget = _budget(lab)
    _expect_least_pods(budget)
    cordoned = _cordoned(lab, node)
    _expect_kept(budget, cordoned)
    older = [pod for pod in movable_pods(lab.client, name_of(node)) if _created(pod) < parse_time(cordoned)]
    if older:
        raise _not_emptied(lab, node, older)
    _expect_room_made(lab, budget)
    _expect_takes_pods(node)
    return Evidence(emptied=name_of(node), cordoned=cordoned, pods=places(production.rolled_out(lab, PROJECT)))


def second_node(lab: CheckContext) -> Object:
    """The node that joined.

    Raises:
        CheckFailed: There is none.
    """
    for node in lab.client.list("node"):
        if _CONTROL_PLANE not in node["metadata"].get("labels", {}):
            return node
    raise CheckFailed(
        _("a second node"),
        seen=_("none"),
        hint=_("A server joins the cluster as an agent; seconds later it is Ready."),
        next_step="lab node add",
    )


def _expect_ready(node: Object) -> None:
    if not is_ready(node):
        raise Unsettled(
            _("{node} Ready").format(node=name_of(node)),
            seen=_("not Ready"),
            hint=_("One that has just joined takes seconds; one that says nothing any more counts as lost."),
            next_step="lab node list",
        )


def _expect_takes_pods(node: Object) -> None:
    name = name_of(node)
    if node["spec"].get("unschedulable"):
        raise CheckFailed(
            _("{node} taking pods").format(node=name),
            seen=_("none: SchedulingDisabled"),
            hint=_(
                "Nobody takes that back by itself, not even a restart of the server. It stays empty, and nothing "
                "complains until the other one is full, or dies."
            ),
            next_step=f"kubectl uncordon {name}",
        )


def _budget(lab: CheckContext) -> Object:
    budget = lab.client.get("poddisruptionbudget", PROJECT, PROJECT)
    if budget is None:
        raise CheckFailed(
            _("the PodDisruptionBudget of {project}").format(project=PROJECT),
            seen=_("none"),
            hint=_(
                "It was in the way because it was meant to be: without it a drain evicts all pods of an application "
                "at once. How many it takes is for its team to say."
            ),
            next_step=production.APPLY,
        )
    return budget


def _expect_least_pods(budget: Object) -> None:
    limits = {key: budget["spec"][key] for key in ("minAvailable", "maxUnavailable") if key in budget["spec"]}
    if limits != {"minAvailable": _LEAST_PODS}:
        raise CheckFailed(
            _("the budget that the team of {project} has decided on, minAvailable: {number}").format(
                project=PROJECT, number=_LEAST_PODS
            ),
            seen=", ".join(f"{key}: {value}" for key, value in limits.items()),
            hint=_("How many it takes is for its team to say. Make room for them instead."),
            next_step=f"kubectl apply -f {_BUDGET_FILE}",
        )


def _expect_kept(budget: Object, cordoned: str) -> None:
    """Make sure that it was neither taken away nor changed for as long as the node was emptied."""
    if _written(budget) > parse_time(cordoned):
        raise CheckFailed(
            _("the budget of {project} there all the time").format(project=PROJECT),
            seen=_("one that was made, or changed, after the node was cordoned"),
            hint=_(
                "Nobody was asked while it was gone, or said less. Spread the pods once more, and empty the node under "
                "its eyes."
            ),
            next_step=_RESTART,
        )


def _expect_room_made(lab: CheckContext, budget: Object) -> None:
    """Make sure that the Deployment made pods elsewhere under this budget, so that some could go as it allows.

    It tells of each time that it makes more of a ReplicaSet, and not of pods that replace those that were deleted.
    """
    times = [
        parse_time(event["lastTimestamp"])
        for event in lab.client.list("event", PROJECT)
        if event["reason"] == "ScalingReplicaSet" and event["involvedObject"]["name"] == PROJECT
    ]
    if max(times, default=0.0) < _written(budget):
        raise CheckFailed(
            _("room for the pods of {project}, made before they went").format(project=PROJECT),
            seen=_("none: they were deleted, which asks no budget"),
            hint=_(
                "There were fewer than its team allows for a while. Make one more, on the other node, spread them "
                "again, and empty this one by evictions: an eviction asks first."
            ),
            next_step=f"kubectl -n {PROJECT} scale deployment/{PROJECT} --replicas=5",
        )


def _written(budget: Object) -> float:
    """When somebody wrote the budget last; what counts its pods writes to its status only."""
    fields = budget["metadata"].get("managedFields", [])
    return max([_created(budget), *(parse_time(field["time"]) for field in fields if "subresource" not in field)])


def _expect_spread(pods: Sequence[Object]) -> None:
    if len({pod["spec"]["nodeName"] for pod in pods}) == 1:
        raise CheckFailed(
            _("pods of {project} on both nodes").format(project=PROJECT),
            seen=places(pods),
            hint=_(
                "A pod stays where it was started for as long as it lives. The scheduler places those that are new, "
                "and a rollout makes all of them anew."
            ),
            next_step=_RESTART,
        )


def _cordoned(lab: CheckContext, node: Object) -> str:
    """When the node said last that it takes no new pods, in UTC; such an event is kept for an hour."""
    name = name_of(node)
    times = [
        str(event["lastTimestamp"])
        for event in lab.client.list("event", "default")
        if event["reason"] == "NodeNotSchedulable" and event["involvedObject"]["name"] == name
    ]
    if not times:
        raise CheckFailed(
            _("{node} emptied for maintenance").format(node=name),
            seen=_("it has taken pods all the time"),
            hint=_("A drain keeps new pods away first, and then evicts those that are there."),
            next_step=f"kubectl drain {name} --ignore-daemonsets --delete-emptydir-data",
        )
    return max(times)


def _not_emptied(lab: CheckContext, node: Object, pods: list[Object]) -> CheckFailed:
    blocking = next(holdups(lab.client, pods), None)
    if blocking is None:
        hint = _("To cordon a node keeps new pods away and evicts nobody; what is there goes down with the server.")
        next_step = f"kubectl drain {name_of(node)} --ignore-daemonsets --delete-emptydir-data"
    else:
        hint = _(
            "The budget {budget} wants {desired} and has {healthy}: nobody may go, however long the drain waits. It "
            "counts pods that are Ready, wherever they are."
        ).format(budget=blocking.budget, desired=blocking.desired, healthy=blocking.healthy)
        next_step = f"kubectl -n {blocking.namespace} get pdb {blocking.budget}"
    return CheckFailed(
        _("nothing on {node} from before its maintenance").format(node=name_of(node)),
        seen=_("pods of {namespaces}").format(
            namespaces=", ".join(sorted({pod["metadata"]["namespace"] for pod in pods}))
        ),
        hint=hint,
        next_step=next_step,
    )


def places(pods: Sequence[Object]) -> str:
    """How many pods are on each node, as in ``lab-1: 2, lab-2: 1``."""
    nodes = [pod["spec"]["nodeName"] for pod in pods]
    return ", ".join(f"{node}: {nodes.count(node)}" for node in sorted(set(nodes)))


def _created(item: Object) -> float:
    return parse_time(item["metadata"]["creationTimestamp"])


def name_of(item: Object) -> str:
    """The name of an object."""
    return str(item["metadata"]["name"])

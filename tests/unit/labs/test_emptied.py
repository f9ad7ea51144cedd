"""What 7.3 and 7.4 say of pods on two nodes, told from nodes, pods, a budget and what a node said of itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled
from lab_helpers.workbook.course.checks import Check
from lab_helpers.workbook.learner import production
from labs.lab_07_operate import nodes

_CORDONED = "10:30:00"


def _at(clock: str) -> str:
    return f"2026-01-31T{clock}Z"


def _node(name: str, *, ready: bool = True, unschedulable: bool = False) -> dict[str, Any]:
    role = {"node-role.kubernetes.io/control-plane": "true"} if name == "lab-1" else {}
    return {
        "metadata": {"name": name, "labels": role},
        "spec": {"unschedulable": unschedulable},
        "status": {"conditions": [{"type": "Ready", "status": "True" if ready else "Unknown"}]},
    }


def _pod(node: str, clock: str = "10:00:00") -> dict[str, Any]:
    metadata = {"name": "prj-04-a", "namespace": "prj-04", "creationTimestamp": _at(clock)}
    return {"metadata": metadata, "spec": {"nodeName": node}}


def _budget(
    spec: dict[str, int], clock: str = "09:00:00", allowed: int = 1, changed: str = "09:00:00"
) -> dict[str, Any]:
    fields = [{"time": _at(changed)}, {"time": _at("23:00:00"), "subresource": "status"}]
    metadata = {"name": "prj-04", "namespace": "prj-04", "creationTimestamp": _at(clock), "managedFields": fields}
    return {
        "metadata": metadata,
        "spec": {**spec, "selector": {}},
        "status": {"disruptionsAllowed": allowed, "currentHealthy": 3, "desiredHealthy": 3},
    }


_STRICT = _budget({"minAvailable": 3})


class _Client:
    def __init__(
        self,
        second: dict[str, Any] | None,
        *pods: dict[str, Any],
        budget: dict[str, Any] | None = _STRICT,
        cordoned: bool = True,
        scaled: str = "10:29:00",
    ) -> None:
        event = {"reason": "NodeNotSchedulable", "involvedObject": {"name": "lab-2"}, "lastTimestamp": _at(_CORDONED)}
        self.objects: dict[str, list[dict[str, Any]]] = {
            "node": [_node("lab-1"), *([second] if second else [])],
            "pod": list(pods),
            "poddisruptionbudget": [budget] if budget else [],
            "event": [event] if cordoned else [],
        }
        self._scaled = {
            "reason": "ScalingReplicaSet",
            "involvedObject": {"name": "prj-04"},
            "lastTimestamp": _at(scaled),
        }

    def list(self, kind: str, namespace: str = "", _selector: str = "") -> list[dict[str, Any]]:
        if (kind, namespace) == ("event", "prj-04"):
            return [self._scaled]
        return self.objects[kind]

    def get(self, kind: str, _name: str, _namespace: str) -> dict[str, Any] | None:
        return next(iter(self.objects[kind]), None)


@pytest.fixture(autouse=True)
def _rolled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(production, "rolled_out", lambda lab, _project: lab.client.list("pod"))


def _look(check: Check, client: _Client) -> Evidence:
    return check.look(cast(CheckContext, SimpleNamespace(client=client)))


def test_pods_on_both_nodes_are_counted() -> None:
    evidence = _look(nodes.spread_over_nodes, _Client(_node("lab-2"), _pod("lab-1"), _pod("lab-2"), _pod("lab-2")))
    assert evidence["pods"] == "lab-1: 1, lab-2: 2"


@pytest.mark.parametrize("node", ["lab-1", "lab-2"])
def test_pods_on_one_node_are_not_spread(node: str) -> None:
    with pytest.raises(CheckFailed, match="both nodes"):
        _look(nodes.spread_over_nodes, _Client(_node("lab-2"), _pod(node), _pod(node)))


@pytest.mark.parametrize("check", [nodes.spread_over_nodes, nodes.drained_for_maintenance])
def test_one_node_is_not_enough(check: Check) -> None:
    with pytest.raises(CheckFailed, match="a second node"):
        _look(check, _Client(None, _pod("lab-1")))


@pytest.mark.parametrize("check", [nodes.spread_over_nodes, nodes.drained_for_maintenance])
def test_a_node_that_is_not_ready_is_waited_for(check: Check) -> None:
    with pytest.raises(Unsettled, match="lab-2 Ready"):
        _look(check, _Client(_node("lab-2", ready=False), _pod("lab-1"), _pod("lab-2")))


def test_an_emptied_node_takes_pods_again() -> None:
    evidence = _look(nodes.drained_for_maintenance, _Client(_node("lab-2"), _pod("lab-1"), _pod("lab-2", "10:31:00")))
    assert evidence["emptied"] == "lab-2"


@pytest.mark.parametrize(
    ("client", "words"),
    [
        (_Client(_node("lab-2", unschedulable=True), _pod("lab-1")), "kubectl uncordon lab-2"),
        (_Client(_node("lab-2"), _pod("lab-1"), cordoned=False), "kubectl drain lab-2"),
        (_Client(_node("lab-2"), _pod("lab-2")), "evicts nobody"),
        (_Client(_node("lab-2"), _pod("lab-2"), budget=_budget({"minAvailable": 3}, allowed=0)), "nobody may go"),
        (_Client(_node("lab-2"), _pod("lab-1"), budget=None), "the PodDisruptionBudget of prj-04"),
        (_Client(_node("lab-2"), _pod("lab-1"), budget=_budget({"maxUnavailable": 1})), "maxUnavailable: 1"),
        (_Client(_node("lab-2"), _pod("lab-1"), budget=_budget({"minAvailable": 3}, "10:31:00")), "while it was gone"),
        (
            _Client(_node("lab-2"), _pod("lab-1"), budget=_budget({"minAvailable": 3}, changed="10:31:00")),
            "while it was gone",
        ),
        (_Client(_node("lab-2"), _pod("lab-1"), scaled="08:59:00"), "which asks no budget"),
    ],
)
def test_maintenance_that_went_wrong_is_told(client: _Client, words: str) -> None:
    with pytest.raises(CheckFailed) as failure:
        _look(nodes.drained_for_maintenance, client)
    card = failure.value
    assert words in f"{card.expected}\n{card.seen}\n{card.hint}\n{card.next_step}"

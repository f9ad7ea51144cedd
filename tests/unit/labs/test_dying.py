"""What 7.5 says of a node that died, told from the node, its pods, a manifest and the requests sent meanwhile."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.learner import committed, production, rendering
from lab_helpers.workbook.pictures.observation import RolloutObservation
from labs.lab_07_operate import dying

_NOW = round(time.time())
_DIED, _LOST, _GIVEN_UP = _NOW - 40, _NOW - 24, _NOW - 19
_TAINTS = ("node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready")


def _text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def _node(status: str = "Unknown", heard: float = _DIED) -> dict[str, Any]:
    ready = {"type": "Ready", "status": status, "lastHeartbeatTime": _text(heard), "lastTransitionTime": _text(_LOST)}
    return {"metadata": {"name": "lab-2", "labels": {}}, "status": {"conditions": [ready]}}


def _deployment(**seconds: int | None) -> dict[str, Any]:
    tolerations = [
        {"key": taint, "operator": "Exists", "effect": "NoExecute"}
        | ({} if limit is None else {"tolerationSeconds": limit})
        for taint, limit in zip(_TAINTS, (seconds.get("unreachable", -1), seconds.get("not_ready", -1)), strict=True)
        if limit != -1
    ]
    return {"spec": {"selector": {}, "template": {"spec": {"tolerations": tolerations}}}}


_SHORT = _deployment(unreachable=5, not_ready=5)
_PATIENT = _deployment(unreachable=30, not_ready=30)


def _pod(given_up: float | None = _GIVEN_UP, node: str = "lab-2") -> dict[str, Any]:
    ending = {} if given_up is None else {"deletionTimestamp": _text(given_up + 20), "deletionGracePeriodSeconds": 20}
    return {"metadata": {"name": "prj-04-a", **ending}, "spec": {"nodeName": node}}


def _requests(first: float) -> list[Request]:
    return [Request(1, first, 200, "v1.0.0", 3, "", "")] + [
        Request(2 + second, _DIED + second, 0, "", 2000, "ETIMEDOUT", "", "connection") for second in range(1, 19)
    ]


class _Watch:
    judged_by, is_over, error = "", False, None

    def __init__(self, requests: list[Request]) -> None:
        self.observation = RolloutObservation([], {}, requests)

    def stop(self, _step: str) -> RolloutObservation:
        return self.observation


def _look(
    *pods: dict[str, Any],
    node: dict[str, Any] | None = None,
    deployment: dict[str, Any] = _SHORT,
    first: float = _DIED - 30,
    others: dict[str, Any] = _PATIENT,
) -> Evidence:
    objects = {"node": [node or _node()], "pod": list(pods), "pv": []}
    client = SimpleNamespace(
        get=lambda _kind, name, _namespace: deployment if name == "prj-04" else others,
        list=lambda kind, *_where: objects[kind],
    )
    lab = SimpleNamespace(client=client, watch=_Watch(_requests(first)), workspace=Path("workspace"))
    return dying.outlived_a_server.look(cast(CheckContext, lab))


@pytest.fixture(autouse=True)
def expect_clean(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """What finds nothing that is in no commit."""
    expect_clean = Mock()
    monkeypatch.setattr(committed, "expect_clean", expect_clean)
    return expect_clean


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the overlay has: by default a Deployment that gives up as soon as it should."""
    objects = [{"kind": "Deployment", "metadata": {"name": "prj-04"}, **_SHORT}]
    monkeypatch.setattr(rendering, "render", lambda _workspace, _directory: objects)
    return objects


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: float(_NOW))


@pytest.fixture(autouse=True)
def _rolled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(production, "rolled_out", lambda _lab, _project: [_pod(None, "lab-1")] * 3)


def test_each_clock_is_told_apart() -> None:
    evidence = _look(_pod(), _pod(None, "lab-1"))
    assert evidence["counted as lost after"] == "16 s"
    assert evidence["its pods given up after"] == "5 s"
    assert evidence["pods"] == "lab-1: 3"
    assert evidence["requests since its death"] == "18, 18 failed"
    assert evidence["failed once it counted as lost"] == 3


@pytest.mark.parametrize(
    ("deployment", "words"),
    [
        (_deployment(unreachable=30, not_ready=30), "unreachable: 30 s, node.kubernetes.io/not-ready: 30 s"),
        (_deployment(not_ready=5), "unreachable: 300 s"),
        (_deployment(unreachable=5), "not-ready: 300 s"),
        (_deployment(unreachable=None, not_ready=5), "unreachable: for ever"),
        (_deployment(), "unreachable: 300 s, node.kubernetes.io/not-ready: 300 s"),
    ],
)
def test_the_manifest_is_judged_before_anything_dies(deployment: dict[str, Any], words: str) -> None:
    with pytest.raises(CheckFailed) as failure:
        _look(node=_node("True", _NOW), deployment=deployment)
    assert words in failure.value.seen
    is_one = deployment["spec"]["template"]["spec"]["tolerations"] and "," not in words and "300" in words
    assert ("replaces the list" in failure.value.hint) == bool(is_one)


def test_a_patience_set_by_hand_is_none_of_the_overlay(declared: list[dict[str, Any]]) -> None:
    declared[0] |= _PATIENT
    with pytest.raises(CheckFailed) as failure:
        _look(_pod())
    assert "unreachable: 30 s" in failure.value.seen


@pytest.mark.parametrize("others", [_SHORT, _deployment(unreachable=30, not_ready=5)])
def test_nobody_else_becomes_impatient(others: dict[str, Any]) -> None:
    with pytest.raises(CheckFailed, match="as patient as before") as failure:
        _look(node=_node("True", _NOW), others=others)
    assert failure.value.seen == "prj-01: 5 s, prj-02: 5 s"


def test_what_is_in_no_commit_is_told_before_anything_dies(expect_clean: Mock) -> None:
    expect_clean.side_effect = committed.Uncommitted("a commit", seen="none", hint="commit it", next_step="git commit")
    with pytest.raises(committed.Uncommitted):
        _look(node=_node("True", _NOW))
    expect_clean.assert_called_once_with(Path("workspace"), "infra", "k8s/overlays/production")


def test_a_node_that_reports_is_not_dead() -> None:
    with pytest.raises(CheckFailed, match="lab-2 dead") as failure:
        _look(_pod(None), node=_node("True", _NOW))
    assert not isinstance(failure.value, Unsettled)
    assert failure.value.next_step == "lab node kill lab-2"


def test_one_that_is_silent_is_waited_for() -> None:
    with pytest.raises(Unsettled, match="lab-2 dead"):
        _look(_pod(None), node=_node("True", _NOW - 14))


def test_a_stream_that_began_later_proves_nothing() -> None:
    with pytest.raises(CheckFailed, match="when lab-2 died"):
        _look(_pod(), first=_DIED + 8)


def test_pods_that_are_tolerated_still_are_waited_for() -> None:
    with pytest.raises(Unsettled, match="the pods on lab-2 given up"):
        _look(_pod(), _pod(None))


def test_a_node_with_nothing_on_it_had_nothing_to_lose() -> None:
    with pytest.raises(CheckFailed, match="prj-04 on lab-2 when it died"):
        _look(_pod(None, "lab-1"))

"""A load is followed until the autoscaler has answered it, whenever somebody begins to look."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab_helpers import CheckContext, LabError, wait
from labs.lab_06_expand import scaled

_ENDED = {"conditions": [{"type": "Complete", "status": "True"}]}


def _aimed_at(percent: int) -> list[dict[str, Any]]:
    return [{"resource": {"target": {"averageUtilization": percent}}}]


def _used(percent: int) -> list[dict[str, Any]]:
    return [{"resource": {"current": {"averageUtilization": percent}}}]


class _Cluster:
    """prj-02 with its autoscaler and its load, a moment after another: the replicas, and whether the load is over."""

    def __init__(self, *moments: tuple[int, bool]) -> None:
        self.moments = list(moments)

    def get(self, kind: str, _name: str, _namespace: str) -> dict[str, Any] | None:
        replicas, is_over = self.moments[0]
        objects: dict[str, dict[str, Any]] = {
            "job": {"status": _ENDED if is_over else {}},
            "hpa": {"spec": {"minReplicas": 2, "metrics": _aimed_at(60)}, "status": {"currentMetrics": _used(53)}},
            "deployment": {"spec": {"replicas": replicas}, "status": {"readyReplicas": replicas}},
        }
        return objects[kind]

    def list(self, _kind: str, _namespace: str, _selector: str) -> list[Any]:
        return []


def _follow(monkeypatch: pytest.MonkeyPatch, *moments: tuple[int, bool]) -> int:
    """Follow it, and return how many moments were looked at; it fails where they do not suffice."""
    cluster = _Cluster(*moments)

    def until(is_met: Callable[[], bool], *, last_event: Callable[[], str], **_arguments: object) -> None:
        while not is_met():
            cluster.moments.pop(0)
            if not cluster.moments:
                raise LabError("did not end", object="follow", last_event=last_event())

    monkeypatch.setattr(wait, "until", until)
    scaled.follow(cast("CheckContext", SimpleNamespace(client=cluster)))
    return len(moments) - len(cluster.moments) + 1


def test_it_ends_where_replicas_went_up_and_came_back(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _follow(monkeypatch, (2, False), (4, False), (4, True), (2, True)) == 4


def test_a_load_that_ends_before_its_step_out_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _follow(monkeypatch, (2, False), (2, True), (3, True), (2, True)) == 4


def test_whoever_begins_late_sees_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _follow(monkeypatch, (4, False), (4, True), (2, True)) == 3


def test_whoever_looks_again_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _follow(monkeypatch, (2, True)) == 1


def test_an_autoscaler_that_does_nothing_is_no_end_and_the_reason_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LabError, match=r"at most 53% of the CPU that they request, and it scales out above 60%"):
        _follow(monkeypatch, (2, False), (2, False), (2, True))

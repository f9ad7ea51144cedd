"""What 6.6 says of neighbours who came when the customers were gone, and why they came so late."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import CheckContext, CheckFailed
from labs.lab_06_expand import latency, yielding
from labs.lab_06_expand.latency import Phase


@pytest.mark.parametrize(
    ("pending", "hint", "next_step"),
    [
        (0.0, "they stay for 40 seconds", "three cells once more"),
        (41.0, "waited 41 seconds until the node had room", "kubectl describe nodes"),
    ],
)
def test_neighbours_without_customers_are_told_why(
    monkeypatch: pytest.MonkeyPatch, pending: float, hint: str, next_step: str
) -> None:
    alone, beside = Phase("", "", 0.0, (1.0,) * 4000, 0), Phase("greedy", "", 2.0, (9.0,) * 800, 0)
    late = Phase("greedy-limited", "500m", 0.5, (), 0, pending)
    monkeypatch.setattr(yielding, "_expect_class", lambda _lab: None)
    monkeypatch.setattr(latency, "phases", lambda _lab: [alone, beside, late])
    with pytest.raises(CheckFailed) as failure:
        yielding.neighbour_held_and_batch_yielded.look(cast(CheckContext, SimpleNamespace()))
    assert failure.value.seen == "0 requests"
    assert hint in failure.value.hint
    assert next_step in failure.value.next_step


def test_each_neighbour_has_the_seconds_that_are_wholly_its_own_and_its_wait_for_room() -> None:
    seconds = [{"at": at, "times": [float(at), -1.0]} for at in range(1, 11)]
    status = {
        "phase": "Succeeded",
        "conditions": [{"type": "PodScheduled", "lastTransitionTime": "2026-01-31T12:00:41Z"}],
    }
    neighbour = {
        "metadata": {
            "name": "greedy",
            "namespace": "lab-neighbour",
            "creationTimestamp": "2026-01-31T12:00:00Z",
            "labels": {"job-name": "greedy"},
        },
        "spec": {"containers": [{}]},
        "status": status,
    }
    customers = {"metadata": {"name": "customers", "namespace": "prj-02"}, "status": {"phase": "Running"}}
    client = SimpleNamespace(
        list=lambda _kind, namespace, _selector: [customers if namespace == "prj-02" else neighbour],
        logs=lambda name, _namespace: "\n".join(
            map(json.dumps, seconds if name == "customers" else [{"began": 4.0, "ended": 7.0, "cpu": 6.0}])
        ),
    )
    alone, beside = latency.phases(cast(CheckContext, SimpleNamespace(client=client)))
    assert alone.milliseconds == (1.0, 2.0, 10.0), "neither a second of the neighbour's nor one that it shares"
    assert beside == Phase("greedy", "", 2.0, (5.0, 6.0, 7.0, 8.0), 4, 41.0)

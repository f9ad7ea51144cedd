from __future__ import annotations

from typing import Any

import pytest

from lab_helpers.errors import LabError
from lab_helpers.observe.rollout import pods_selector, revisions, status
from tests.unit.kube.cluster import FakeClient

NEW_AVAILABLE = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
TIMED_OUT = {
    "type": "Progressing",
    "status": "False",
    "reason": "ProgressDeadlineExceeded",
    "message": 'ReplicaSet "web-2" has timed out progressing.',
}


def deployment(
    updated: int = 2,
    available: int = 2,
    total: int = 2,
    observed: int = 4,
    condition: dict[str, str] = NEW_AVAILABLE,
) -> dict[str, Any]:
    annotations = {"deployment.kubernetes.io/revision": "3"}
    return {
        "metadata": {"name": "web", "namespace": "one", "uid": "d", "generation": 4, "annotations": annotations},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}},
        "status": {
            "observedGeneration": observed,
            "replicas": total,
            "updatedReplicas": updated,
            "readyReplicas": available,
            "availableReplicas": available,
            "conditions": [condition],
        },
    }


def cluster(*looks: dict[str, Any]) -> FakeClient:
    return FakeClient({("deployment", "web"): list(looks)})


def test_a_finished_rollout_is_complete() -> None:
    rollout = status(cluster(deployment()).client, "web", "one")
    assert (rollout.is_complete, rollout.is_stalled, rollout.revision) == (True, False, 3)


@pytest.mark.parametrize(
    "unfinished",
    [
        deployment(updated=1),
        deployment(available=1),
        deployment(total=3),
        deployment(observed=3),  # the numbers are those of the rollout before
        deployment(updated=0, available=0, total=0, condition={"type": "Available", "status": "False"}),
    ],
    ids=["old pod left to replace", "not available yet", "old pod left to end", "not seen yet", "nothing yet"],
)
def test_an_unfinished_rollout_is_neither_complete_nor_stalled(unfinished: dict[str, Any]) -> None:
    rollout = status(cluster(unfinished).client, "web", "one")
    assert (rollout.is_complete, rollout.is_stalled) == (False, False)


def test_past_its_deadline_it_is_stalled_and_says_why() -> None:
    rollout = status(cluster(deployment(updated=1, total=3, condition=TIMED_OUT)).client, "web", "one")
    assert rollout.is_stalled
    assert "web-2" in rollout.message


def test_the_last_rollouts_stall_is_not_this_ones() -> None:
    assert not status(
        cluster(deployment(updated=1, total=3, observed=3, condition=TIMED_OUT)).client, "web", "one"
    ).is_stalled


def test_no_such_deployment_is_said_so() -> None:
    with pytest.raises(LabError, match="deployment/web: not found in namespace one"):
        status(FakeClient().client, "web", "one")


def test_revisions_are_the_deployments_own_in_order() -> None:
    def replicaset(name: str, number: int, owner: str, replicas: int) -> dict[str, Any]:
        annotations = {"deployment.kubernetes.io/revision": str(number)}
        metadata = {"name": name, "annotations": annotations, "ownerReferences": [{"uid": owner}]}
        containers = [{"image": f"ghcr.io/org/web:v{number}"}]
        template = {"spec": {"containers": containers}}
        return {"metadata": metadata, "spec": {"template": template}, "status": {"replicas": replicas}}

    known = cluster(deployment())
    known.lists["replicaset"] = [
        replicaset("web-b", 10, "d", 2),
        replicaset("web-a", 9, "d", 0),
        replicaset("other", 1, "e", 1),
    ]
    history = revisions(known.client, "web", "one")
    assert [(r.number, r.image, r.replicas, r.replicaset) for r in history] == [
        (9, "ghcr.io/org/web:v9", 0, "web-a"),
        (10, "ghcr.io/org/web:v10", 2, "web-b"),
    ]


def test_a_selector_of_every_form_is_written_as_kubectl_takes_it() -> None:
    terms = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "old", "operator": "NotIn", "values": ["c"]},
        {"key": "here", "operator": "Exists"},
        {"key": "away", "operator": "DoesNotExist"},
    ]
    selector = {"matchLabels": {"app": "web"}, "matchExpressions": terms}
    assert pods_selector({"spec": {"selector": selector}}) == "app=web,tier in (a,b),old notin (c),here,!away"

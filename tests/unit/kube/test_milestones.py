from __future__ import annotations

from typing import Any

import pytest

from lab_helpers.errors import LabError
from lab_helpers.observe.milestones import Milestones
from tests.unit.kube.cluster import FakeClient


def deployment(tag: str, *, updated: int = 2, is_stalled: bool = False, name: str = "web") -> dict[str, Any]:
    condition = {"type": "Progressing", "reason": "ProgressDeadlineExceeded" if is_stalled else "ReplicaSetUpdated"}
    status = {"updatedReplicas": updated, "availableReplicas": 2, "replicas": 2, "readyReplicas": 2}
    return {
        "metadata": {"name": name, "generation": 1},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"image": f"ghcr.io/org/web:{tag}"}]}}},
        "status": {"observedGeneration": 1, "conditions": [condition], **status},
    }


def record(changes: list[tuple[str, dict[str, Any]] | Exception]) -> Milestones:
    cluster = FakeClient({("deployment", "web"): deployment("v1")})
    cluster.changes = changes
    milestones = Milestones(cluster.client, "web", "one")
    milestones.start()
    milestones.stop()
    return milestones


def test_the_turning_points_of_rollouts() -> None:
    milestones = record(
        [
            ("ADDED", deployment("v1")),  # the watch tells again what is known
            ("ADDED", deployment("v9", name="other")),
            ("MODIFIED", deployment("v2", updated=0)),
            ("MODIFIED", deployment("v2", updated=1)),
            ("MODIFIED", deployment("v2")),
            ("MODIFIED", deployment("v2", updated=1)),  # a pod was lost
            ("MODIFIED", deployment("v2")),
            ("MODIFIED", deployment("v3", updated=1)),
            ("MODIFIED", deployment("v3", updated=1, is_stalled=True)),
            ("MODIFIED", deployment("v3", updated=1, is_stalled=True)),
            ("MODIFIED", deployment("v3")),
            ("DELETED", deployment("v3")),
        ]
    )
    assert [(milestone.kind, milestone.image_tag) for milestone in milestones.recorded] == [
        ("asked for", "v1"),
        ("complete", "v1"),
        ("asked for", "v2"),
        ("complete", "v2"),
        ("asked for", "v3"),
        ("stalled", "v3"),
        ("complete", "v3"),
        ("deleted", "v3"),
    ]


def test_a_record_with_a_hole_is_an_error() -> None:
    with pytest.raises(LabError, match="did not answer"):
        record([LabError("did not answer")])


def test_no_such_deployment_is_said_so() -> None:
    with pytest.raises(LabError, match="deployment/web: not found"):
        Milestones(FakeClient().client, "web", "one").start()

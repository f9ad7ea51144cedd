from __future__ import annotations

from typing import Any

import pytest

from lab_helpers.errors import LabError
from lab_helpers.kube.timeline import PodTimeline, image_tag, phase_of
from tests.unit.kube.cluster import FakeClient


def pod(
    name: str, phase: str = "Pending", ready: bool = False, ending: bool = False, owner: str = "web-1"
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "ownerReferences": [{"name": owner}]}
    if ending:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    spec = {"containers": [{"image": "ghcr.io/org/web:v1.0.0"}]}
    return {"metadata": metadata, "spec": spec, "status": {"phase": phase, "conditions": conditions}}


def replicaset(number: int) -> dict[str, Any]:
    return {"metadata": {"annotations": {"deployment.kubernetes.io/revision": str(number)}}}


@pytest.fixture
def cluster() -> FakeClient:
    return FakeClient(
        {
            ("deployment", "web"): {"spec": {"selector": {"matchLabels": {"app": "web"}}}},
            ("replicaset", "web-1"): replicaset(1),
            ("replicaset", "web-2"): replicaset(2),
        }
    )


def record(cluster: FakeClient) -> PodTimeline:
    timeline = PodTimeline(cluster.client, "web", "one").start()
    timeline.stop()
    return timeline


@pytest.mark.parametrize(
    ("seen", "phase"),
    [
        (pod("a"), "pending"),
        (pod("a", "Running"), "running"),
        (pod("a", "Running", ready=True), "ready"),
        (pod("a", "Running", ready=True, ending=True), "terminating"),
        ({"metadata": {}}, "pending"),
    ],
)
def test_phases(seen: dict[str, Any], phase: str) -> None:
    assert phase_of(seen) == phase


def test_a_change_of_phase_is_a_sample_and_nothing_else_is(cluster: FakeClient) -> None:
    cluster.lists["pod"] = [pod("old", "Running", ready=True)]
    cluster.changes = [
        ("ADDED", pod("old", "Running", ready=True)),  # the watch tells again what the list had
        ("ADDED", pod("new", owner="web-2")),
        ("MODIFIED", pod("new", owner="web-2")),
        ("MODIFIED", pod("new", "Running", owner="web-2")),
        ("MODIFIED", pod("new", "Running", ready=True, owner="web-2")),
        ("MODIFIED", pod("old", "Running", ready=True, ending=True)),
        ("DELETED", pod("old", "Running", ending=True)),
    ]
    timeline = record(cluster)
    assert [(s.pod, s.revision, s.phase) for s in timeline.samples] == [
        ("old", 1, "ready"),
        ("new", 2, "pending"),
        ("new", 2, "running"),
        ("new", 2, "ready"),
        ("old", 1, "terminating"),
    ]
    assert set(timeline.gone) == {"old"}
    assert timeline.gone["old"] >= timeline.samples[-1].at


def test_a_rolled_back_replicaset_keeps_its_old_pods_revision(cluster: FakeClient) -> None:
    cluster.objects["replicaset", "web-1"] = [replicaset(1), replicaset(3)]
    cluster.changes = [("ADDED", pod("a")), ("MODIFIED", pod("a", "Running")), ("ADDED", pod("b"))]
    assert [(s.pod, s.revision) for s in record(cluster).samples] == [("a", 1), ("a", 1), ("b", 3)]


def test_a_record_with_a_hole_is_an_error(cluster: FakeClient) -> None:
    cluster.changes = [("ADDED", pod("a")), LabError("did not answer")]
    timeline = PodTimeline(cluster.client, "web", "one").start()
    with pytest.raises(LabError, match="did not answer"):
        timeline.stop()
    assert len(timeline.samples) == 1


def test_no_such_deployment_is_said_so() -> None:
    with pytest.raises(LabError, match="deployment/web: not found"):
        PodTimeline(FakeClient().client, "web", "one").start()


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("ghcr.io/org/web:v1.0.0", "v1.0.0"),
        ("registry:5000/web", "latest"),
        ("registry:5000/web:v2", "v2"),
        ("ghcr.io/org/web@sha256:0123456789abcdef0123", "sha256:0123456789ab"),
    ],
)
def test_the_tag_names_the_release(image: str, tag: str) -> None:
    assert image_tag({"spec": {"containers": [{"image": image}]}}) == tag

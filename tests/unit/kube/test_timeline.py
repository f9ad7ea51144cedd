from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lab_helpers import wait
from lab_helpers.errors import LabError, WaitTimeout
from lab_helpers.observe.timeline import PodTimeline, image_tag, phase_of
from tests.unit.kube.cluster import FakeClient, FakeWatch


def pod(
    name: str, phase: str = "Pending", ready: bool = False, ending: bool = False, owner: str = "web-1"
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "ownerReferences": [{"name": owner}]}
    if ending:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    spec = {"containers": [{"image": "ghcr.io/org/web:v1.0.0"}]}
    return {"metadata": metadata, "spec": spec, "status": {"phase": phase, "conditions": conditions}}


class EndingWatch(FakeWatch):
    """Ends by itself, as none does."""

    def __iter__(self) -> Iterator[tuple[str, dict[str, Any]]]:
        self._closed.set()
        return iter(())


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
    ("status", "phase"),
    [
        (pod("a"), "pending"),
        (pod("a", "Running"), "running"),
        (pod("a", "Running", ready=True), "ready"),
        (pod("a", "Running", ready=True, ending=True), "terminating"),
        ({"metadata": {}}, "pending"),
    ],
)
def test_phases(status: dict[str, Any], phase: str) -> None:
    assert phase_of(status) == phase


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
    assert set(timeline.deleted_at) == {"old"}
    assert timeline.deleted_at["old"] >= timeline.samples[-1].at


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


def test_a_record_that_ends_by_a_mistake_of_ours_does_not_pass_for_whole(cluster: FakeClient) -> None:
    cluster.changes = [("ADDED", pod("a")), KeyError("status"), ("ADDED", pod("b"))]
    timeline = PodTimeline(cluster.client, "web", "one").start()
    with pytest.raises(LabError, match=r"pods of web: .*KeyError: 'status'"):
        timeline.stop()
    assert timeline.error is not None


def test_a_record_that_ends_before_it_is_asked_to_does_not_pass_for_whole(cluster: FakeClient) -> None:
    cluster.watch = lambda *_: EndingWatch([])  # type: ignore[method-assign]
    timeline = PodTimeline(cluster.client, "web", "one").start()
    wait.until(lambda: timeline.error, seconds=120, outcome="be told")
    with pytest.raises(LabError, match="ended before it was asked to"):
        timeline.stop()


def test_another_pod_of_the_same_name_is_another_sample(cluster: FakeClient) -> None:
    ready = pod("a", "Running", ready=True)
    cluster.changes = [("ADDED", ready), ("DELETED", ready), ("ADDED", ready)]
    assert [sample.phase for sample in record(cluster).samples] == ["ready", "ready"]


def test_an_api_server_that_does_not_answer_costs_a_number_and_no_record(cluster: FakeClient) -> None:
    known = cluster.get

    def silent(kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        if kind == "replicaset":
            raise WaitTimeout("did not answer")
        return known(kind, name, namespace)

    cluster.get = silent  # type: ignore[method-assign]
    cluster.changes = [("ADDED", pod("a"))]
    assert [(sample.pod, sample.revision) for sample in record(cluster).samples] == [("a", 0)]


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

from __future__ import annotations

from typing import Any

import pytest

from lab_helpers.errors import LabError
from lab_helpers.kube.diagnose import diagnose
from lab_helpers.kube.events import KubeEvent
from tests.unit.kube.cluster import FakeClient


def pod(
    phase: str = "Running", ready: bool = False, state: dict[str, Any] | None = None, **status: Any
) -> dict[str, Any]:
    container = {"name": "web", "containerID": "containerd://1", "state": state or {"running": {}}}
    container["lastState"] = status.pop("lastState", {})
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}, *status.pop("conditions", [])]
    return {
        "metadata": {"name": "web-x"},
        "status": {"phase": phase, "conditions": conditions, "containerStatuses": [container], **status},
    }


def waiting(reason: str, message: str = "told so") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


def look(
    *pods: dict[str, Any], events: list[KubeEvent] | None = None, claims: list[dict[str, Any]] | None = None
) -> str:
    fake = FakeClient()
    fake.lists = {"pod": list(pods), "pvc": claims or []}
    fake.told_events = events or []
    fake.told_logs = {"web-x": "first line\nlast line\n"}
    return diagnose(fake.client, "one")


def warning(reason: str, message: str, about: str = "pod/web-x") -> KubeEvent:
    return KubeEvent(1.0, "Warning", reason, message, about)


OOM = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes: cpu"}


@pytest.mark.parametrize(
    ("sick", "expected"),
    [
        (pod("Pending", state=waiting("ImagePullBackOff")), "ImagePullBackOff in container web: told so"),
        (pod("Pending", state=waiting("CreateContainerConfigError")), "CreateContainerConfigError in container web"),
        (pod(state=waiting("CrashLoopBackOff"), lastState=OOM), "before that it ended with 137 (OOMKilled)"),
        (pod("Pending", conditions=[UNSCHEDULABLE]), "Unschedulable: 0/1 nodes: cpu"),
        (pod("Failed", state={"terminated": {"exitCode": 1, "reason": "Error"}}), "container web ended with 1"),
        (pod("Failed", reason="Evicted", message="disk"), "Evicted: disk"),
        (pod(), "is Running, not Ready yet"),
        (pod("Pending", state=waiting("ContainerCreating")), "is Pending, not Ready yet"),
    ],
)
def test_why_a_pod_is_not_ready(sick: dict[str, Any], expected: str) -> None:
    assert expected in look(sick).splitlines()[0]


def test_a_failing_probe_is_named_from_its_event() -> None:
    diagnosis = look(pod(), events=[warning("Unhealthy", "Readiness probe failed: HTTP 503")])
    assert "its probe fails: Readiness probe failed: HTTP 503" in diagnosis
    assert diagnosis.count("HTTP 503") == 1  # said once, not again as a warning


def test_the_last_words_of_the_sick_are_heard() -> None:
    assert "log of web-x: last line" in look(pod())


def test_the_healthy_and_the_finished_are_passed_over() -> None:
    diagnosis = look(pod(ready=True), pod("Succeeded"), events=[warning("BackOff", "long ago")])
    assert diagnosis == "nothing wrong to be seen in namespace one (2 pods)"


def test_a_pending_claim_is_explained() -> None:
    claim = {"metadata": {"name": "data"}, "spec": {"storageClassName": "fast"}, "status": {"phase": "Pending"}}
    about = "persistentvolumeclaim/data"
    assert "claim/data: Pending (waits for a pod that uses it, or for fast)" in look(claims=[claim])
    diagnosis = look(claims=[claim], events=[warning("ProvisioningFailed", "no such class", about)])
    assert "claim/data: Pending (no such class)" in diagnosis


def test_a_replicaset_that_may_not_make_pods_is_not_overlooked() -> None:
    about = "replicaset/web-1"
    assert "exceeded quota" in look(events=[warning("FailedCreate", "exceeded quota", about)])


def test_a_cluster_that_does_not_answer_is_a_sentence_not_an_error() -> None:
    fake = FakeClient()

    def refuse(*_: object) -> object:
        raise LabError("forbidden")

    fake.list = refuse  # type: ignore[assignment,method-assign]
    assert "could not look into namespace one: forbidden" in diagnose(fake.client, "one")


def test_a_pod_that_went_away_meanwhile_is_no_error() -> None:
    fake = FakeClient()
    fake.lists = {"pod": [pod()]}
    assert "pod/web-x" in diagnose(fake.client, "one")

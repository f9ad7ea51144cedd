"""A pod that cannot start is told from one that is on its way, with the reason and the next command."""

from __future__ import annotations

from typing import Any, cast

import pytest

from lab_helpers.kube.client import Client
from lab_helpers.workbook.course.stuck import NOT_PULLED, why_stuck


class _Client:
    """A namespace with or without its pull secret, and no events."""

    def __init__(self, *, has_pull_secret: bool) -> None:
        self._secrets = [{"metadata": {"name": "ghcr-secret", "namespace": "prj-02"}}] if has_pull_secret else []

    def get(self, kind: str, name: str, namespace: str) -> dict[str, Any] | None:
        assert (kind, name, namespace) == ("secret", "ghcr-secret", "prj-02")
        return next(iter(self._secrets), None)

    def list(self, _kind: str) -> Any:
        return self._secrets

    def events(self, _namespace: str, _object: str) -> Any:
        return []


def _pod(**state: dict[str, str]) -> dict[str, Any]:
    status = {"phase": "Pending", "containerStatuses": [{"name": "web", "state": state}]}
    return {"metadata": {"name": "web-1", "namespace": "prj-02"}, "status": status}


@pytest.mark.parametrize("state", [{"waiting": {"reason": "ContainerCreating"}}, {"running": {"startedAt": "now"}}, {}])
def test_a_pod_on_its_way_is_not_stuck(state: dict[str, dict[str, str]]) -> None:
    assert why_stuck(cast(Client, _Client(has_pull_secret=False)), _pod(**state), "a hint") is None


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError"])
def test_what_a_pod_waits_for_in_vain_is_told(reason: str) -> None:
    failure = why_stuck(cast(Client, _Client(has_pull_secret=True)), _pod(waiting={"reason": reason}), "a hint")
    assert failure is not None
    assert reason in failure.seen
    assert failure.hint == "a hint"
    assert failure.next_step == "kubectl -n prj-02 events --for pod/web-1"


def test_a_secret_that_may_still_come_is_waited_for() -> None:
    client = cast(Client, _Client(has_pull_secret=True))
    assert why_stuck(client, _pod(waiting={"reason": "CreateContainerConfigError"}), "", NOT_PULLED) is None
    assert why_stuck(client, _pod(waiting={"reason": "ErrImagePull"}), "", NOT_PULLED) is not None


def test_without_its_pull_secret_that_is_the_reason() -> None:
    pod = _pod(waiting={"reason": "ImagePullBackOff"})
    failure = why_stuck(cast(Client, _Client(has_pull_secret=False)), pod, "a hint")
    assert failure is not None
    assert "ghcr-secret" in failure.hint
    assert failure.next_step.startswith("kubectl -n prj-02 create secret docker-registry ghcr-secret")

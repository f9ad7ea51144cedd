from __future__ import annotations

from typing import Any

import pytest

from lab_helpers.errors import Forbidden, LabError
from lab_helpers.kube.execute import Executed
from lab_helpers.observe.volume import claim, new_nonce, read_nonce
from tests.unit.kube.cluster import FakeClient

PATH = "/app/data/it's here"


def test_nonces_never_repeat() -> None:
    assert len({new_nonce() for _ in range(100)}) == 100


@pytest.mark.parametrize(("exists", "expected"), [(0, "nonce-1"), (1, None)])
def test_a_lost_nonce_is_none(exists: int, expected: str | None) -> None:
    fake = FakeClient()
    fake.executed["cat", PATH] = Executed("nonce-1" if exists == 0 else "", "", exists)
    fake.executed["test", "-e", PATH] = Executed("", "", exists)
    assert read_nonce(fake.client, "web", "one", PATH) == expected


def test_a_nonce_that_cannot_be_read_is_not_lost() -> None:
    fake = FakeClient()
    fake.executed["cat", PATH] = Executed("", "Permission denied", 1)
    fake.executed["test", "-e", PATH] = Executed("", "", 0)
    with pytest.raises(LabError, match="Permission denied"):
        read_nonce(fake.client, "web", "one", PATH)


@pytest.mark.parametrize(
    ("source", "path"),
    [({"hostPath": {"path": "/data/a"}}, "/data/a"), ({"local": {"path": "/data/b"}}, "/data/b"), ({"nfs": {}}, "")],
)
def test_a_bound_claim_tells_its_volume(source: dict[str, Any], path: str) -> None:
    status = {"phase": "Bound", "capacity": {"storage": "1Gi"}}
    bound = {"spec": {"volumeName": "pv1", "storageClassName": "local-path"}, "status": status}
    binding = claim(FakeClient({("pvc", "data"): bound, ("pv", "pv1"): {"spec": source}}).client, "data", "one")
    assert (binding.phase, binding.volume, binding.storage_class, binding.capacity) == (
        "Bound",
        "pv1",
        "local-path",
        "1Gi",
    )
    assert binding.host_path == path


def test_a_volume_that_this_user_may_not_look_at_keeps_its_directory() -> None:
    class Narrow(FakeClient):
        def get(self, kind: str, name: str, namespace: str | None = None) -> Any:
            if kind == "pv":
                raise Forbidden("persistentvolumes is forbidden (HTTP 403)")
            return super().get(kind, name, namespace)

    bound = {"spec": {"volumeName": "pv1"}, "status": {"phase": "Bound"}}
    binding = claim(Narrow({("pvc", "data"): bound}).client, "data", "one")
    assert (binding.phase, binding.volume, binding.host_path) == ("Bound", "pv1", "")


def test_a_pending_claim_has_no_volume_yet() -> None:
    pending = {"spec": {"storageClassName": "local-path"}, "status": {"phase": "Pending"}}
    binding = claim(FakeClient({("pvc", "data"): pending}).client, "data", "one")
    assert (binding.phase, binding.volume, binding.host_path) == ("Pending", "", "")


def test_no_such_claim_is_said_so() -> None:
    with pytest.raises(LabError, match="claim/data: not found"):
        claim(FakeClient().client, "data", "one")

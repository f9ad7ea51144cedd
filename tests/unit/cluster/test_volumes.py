"""Volumes go with what is in them, also those that their class would retain; nobody else's are touched."""

from __future__ import annotations

from typing import Any, cast

import pytest

from lab_helpers.cluster import volumes
from lab_helpers.errors import WaitTimeout
from lab_helpers.kube.client import Client


class _Client:
    """Volumes by name, each with its claim's namespace and its policy."""

    def __init__(self, **policies: tuple[str, str]) -> None:
        self.policies = policies
        self.applied: list[dict[str, Any]] = []

    def list(self, kind: str) -> list[dict[str, Any]]:
        assert kind == "pv"
        return [
            {
                "metadata": {"name": name},
                "spec": {"claimRef": {"namespace": namespace}, "persistentVolumeReclaimPolicy": policy},
                "status": {"phase": "Released"},
            }
            for name, (namespace, policy) in self.policies.items()
        ]

    def apply(self, manifest: dict[str, Any]) -> None:
        self.applied.append(manifest)


def test_a_retained_volume_is_left_to_its_provisioner_to_delete_and_no_other() -> None:
    client = _Client(ours=("prj-01", "Retain"), going=("prj-01", "Delete"), theirs=("shop", "Retain"))
    volumes.release(cast(Client, client), ["prj-01", "prj-02"])
    assert [(each["metadata"]["name"], each["spec"]) for each in client.applied] == [
        ("ours", {"persistentVolumeReclaimPolicy": "Delete"})
    ]


def test_what_is_not_removed_is_named() -> None:
    client = _Client(ours=("prj-01", "Delete"), theirs=("shop", "Retain"))
    with pytest.raises(WaitTimeout, match=r"ours \(Released\)") as failure:
        volumes.wait_removed(cast(Client, client), ["prj-01"], 0)
    assert "theirs" not in str(failure.value)
    volumes.wait_removed(cast(Client, client), ["prj-02"], 0)

"""Namespaces are deleted with what is in them: first they take nothing new, then their pods end at once."""

from __future__ import annotations

from typing import Any, cast

import pytest

from lab_helpers.cluster import namespaces
from lab_helpers.errors import WaitTimeout
from lab_helpers.kube.client import Client


class _Client:
    """Pods by name, each in a namespace; one that is deleted is replaced as often as it is told."""

    def __init__(self, replacements: int = 0, stuck: bool = False, **pods: str) -> None:
        self.pods = pods
        self.replacements = replacements
        self.is_stuck = stuck
        self.deleted: list[tuple[str, str, int | None]] = []

    def list(self, kind: str) -> list[dict[str, Any]]:
        if kind == "pvc":
            return [{"metadata": {"name": "data", "namespace": "prj-01"}}]
        items = self.pods.items() if kind == "pod" else ()
        return [{"metadata": {"name": name, "namespace": where, "uid": name}} for name, where in items]

    def delete(
        self,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        wait_seconds: float,
        grace_seconds: int | None = None,
    ) -> None:
        self.deleted.append((kind, name, grace_seconds))
        if kind == "pod" and not self.is_stuck:
            where = self.pods.pop(name)
            if self.replacements:
                self.replacements -= 1
                self.pods[f"{name}-again"] = where


def test_pods_end_at_once_after_their_namespaces_take_nothing_new() -> None:
    client = _Client(web="prj-01", theirs="shop")
    namespaces.remove(cast(Client, client), ["prj-01", "prj-02"], 120)
    assert client.deleted == [
        ("namespace", "prj-01", None),
        ("namespace", "prj-02", None),
        ("pvc", "data", None),
        ("pod", "web", 1),
        ("namespace", "prj-01", None),
        ("namespace", "prj-02", None),
    ]


def test_a_pod_that_was_made_in_between_ends_as_well() -> None:
    client = _Client(web="prj-01", replacements=1)
    namespaces.remove(cast(Client, client), ["prj-01"], 120)
    assert [name for kind, name, _grace in client.deleted if kind == "pod"] == ["web", "web-again"]


def test_a_pod_that_does_not_end_is_named_and_asked_once() -> None:
    client = _Client(web="prj-01", stuck=True)
    with pytest.raises(WaitTimeout, match="web"):
        namespaces.remove(cast(Client, client), ["prj-01"], 0.5)
    assert [kind for kind, _name, _grace in client.deleted].count("pod") == 1

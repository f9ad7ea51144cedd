"""A lab's cluster is attached to, or created, waited for and kept; what cannot be used is not left behind."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from lab_helpers.cluster import lifecycle, record
from lab_helpers.cluster.base import BaseAddons, Cluster, OnRegistry, Report
from lab_helpers.cluster.provider import Provider
from lab_helpers.errors import LabError


class _Cluster:
    """Notes what is done with it."""

    def __init__(self, *, is_kept: bool = False) -> None:
        self.is_kept = is_kept
        self.calls: list[str] = []

    def keep(self) -> None:
        self.calls.append("keep")
        self.is_kept = True

    def delete(self) -> None:
        self.calls.append("delete")


class _Provider:
    """Has one cluster running, or creates one."""

    def __init__(self, *, running: _Cluster | None = None, created: _Cluster | None = None) -> None:
        self._running = running
        self.created = created or _Cluster()

    def attach(self, _name: str) -> Cluster | None:
        return cast(Cluster | None, self._running)

    def create(self, _name: str, _report: Report, _base: BaseAddons, _on_registry: OnRegistry) -> Cluster:
        assert self._running is None
        return cast(Cluster, self.created)


class _Base:
    """Add-ons that become ready, or do not."""

    programs = ()

    def __init__(self, *, works: bool = True) -> None:
        self._works = works

    def apply(self, cluster: Cluster, *, again: bool = False) -> None:
        raise NotImplementedError

    def wait_ready(self, cluster: Cluster, _report: Report) -> None:
        if not self._works:
            raise LabError("no DNS")
        cast(_Cluster, cluster).calls.append("wait")


def _obtain(provider: _Provider, *, works: bool = True, keep: bool = True) -> Cluster:
    base = _Base(works=works)
    return lifecycle.attach_or_create(cast(Provider, provider), "a", lambda _line: None, base, keep=keep)


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def _save(*, is_kept: bool) -> None:
    details: dict[str, object] = {"directory": "/nowhere", "network": 1}
    record.save(record.ClusterRecord("a", "embedded", 0.0, "1.37.1", details, kept=is_kept))


def test_a_running_cluster_is_taken_as_it_is() -> None:
    running = _Cluster(is_kept=True)
    _save(is_kept=True)
    assert cast(_Cluster, _obtain(_Provider(running=running))) is running
    assert running.calls == []


def test_a_cluster_that_ends_with_its_maker_is_refused() -> None:
    _save(is_kept=False)
    with pytest.raises(LabError, match="goes when that ends"):
        _obtain(_Provider(running=_Cluster(is_kept=True)))


@pytest.mark.parametrize(("keep", "calls"), [(True, ["wait", "keep"]), (False, ["wait"])])
def test_a_new_cluster_is_usable_before_it_is_kept(*, keep: bool, calls: list[str]) -> None:
    provider = _Provider()
    assert cast(_Cluster, _obtain(provider, keep=keep)) is provider.created
    assert provider.created.calls == calls


def test_a_cluster_that_does_not_become_usable_is_deleted() -> None:
    provider = _Provider()
    with pytest.raises(LabError, match="no DNS"):
        _obtain(provider, works=False)
    assert provider.created.calls == ["delete"]


def test_one_that_was_kept_before_stays_whatever_fails() -> None:
    provider = _Provider(created=_Cluster(is_kept=True))
    with pytest.raises(LabError, match="no DNS"):
        _obtain(provider, works=False)
    assert provider.created.calls == []

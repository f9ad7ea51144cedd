"""What a notebook declares that it needs is given to it, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab_helpers.addons import catalogue, installing
from lab_helpers.cluster.base import Capability, Cluster
from lab_helpers.errors import NotSupported
from lab_helpers.images import application_images, applications, services
from lab_helpers.images.builders.base import NoBuilder
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.room import building, shell_programs
from lab_helpers.workbook.session import requirements


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was pushed and installed."""
    calls: list[str] = []

    def install(addon: str, _cluster: Cluster, _report: Any) -> None:
        if addon == "monitoring":
            raise NotSupported("is not there", object="add-on monitoring")
        calls.append(addon)

    monkeypatch.setattr(applications, "load", lambda name: name)
    monkeypatch.setattr(services, "load", lambda name: f"service {name}")
    monkeypatch.setattr(application_images, "push", lambda name, _registry, _report: calls.append(name))
    monkeypatch.setattr(catalogue, "addon", lambda name: name)
    monkeypatch.setattr(installing, "install", install)
    monkeypatch.setattr(building, "prepare", lambda _cluster, _report: calls.append("builds"))
    monkeypatch.setattr(shell_programs, "link", lambda _cluster, _report, *names: calls.extend(names))
    return calls


def _provide(outline: Outline, **declared: Any) -> str:
    cluster = SimpleNamespace(capabilities=frozenset({Capability.NAMESPACES}), provider="fake", registry=None)
    return requirements.provide(replace(outline, **declared), cast(Cluster, cluster), lambda _: None)


def test_only_what_is_declared_is_given(outline: Outline, calls: list[str]) -> None:
    assert _provide(outline) == ""
    assert calls == []
    assert _provide(outline, apps=("prj_02",), services=("redis",), addons=("dns",)) == ""
    assert calls == ["prj_02", "service redis", "dns"]
    assert _provide(outline, has_builds=True, programs=("helm",)) == ""
    assert calls[3:] == ["helm", "builds"]


def test_a_machine_that_builds_no_images_does_the_rest_of_a_notebook(
    outline: Outline, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(_cluster: Cluster, _report: Any) -> None:
        raise NoBuilder("nothing here builds images", object="images", next_step="apt-get install buildah")

    monkeypatch.setattr(building, "prepare", prepare)
    assert _provide(outline, has_builds=True, addons=("dns",)) == ""
    assert calls == ["dns"]


def test_why_a_cluster_cannot_do_a_notebook_is_said(outline: Outline, calls: list[str]) -> None:
    assert _provide(outline, addons=("monitoring",)) == "add-on monitoring: is not there"
    reason = _provide(outline, apps=("prj_02",), needs=frozenset({Capability.NODES}))
    assert reason.startswith("needs nodes (add nodes), which a cluster of provider fake")
    assert calls == []


def test_what_several_notebooks_need_is_named_once(outline: Outline) -> None:
    first = replace(outline, apps=("b", "a"), services=("redis",), programs=("helm",), addons=("dns",))
    both = [first, replace(outline, apps=("a",), services=("redis",), programs=("helm",), addons=("dns",))]
    assert (requirements.applications_of(both), requirements.addons_of(both)) == (["a", "b"], ["dns"])
    assert (requirements.services_of(both), requirements.programs_of(both)) == (["redis"], ["helm"])

"""What notebooks need is built while something else is waited for; what cannot be built is theirs to report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab_helpers import programs
from lab_helpers.addons import catalogue, installing
from lab_helpers.errors import LabError
from lab_helpers.images import application_images, applications, services
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.session import ahead


def test_what_cannot_be_built_keeps_nothing_else_from_being_built(
    outline: Outline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    built: list[object] = []

    def build(name: object, _report: object) -> None:
        if name == "broken":
            raise LabError("does not compile")
        built.append(name)

    for module, loader in ((applications, "load"), (services, "load"), (catalogue, "addon")):
        monkeypatch.setattr(module, loader, lambda name: name)
    for builder in (application_images, installing):
        monkeypatch.setattr(builder, "build", build)
    monkeypatch.setattr(programs, "resolve", lambda report, name: build(name, report))
    needed = replace(
        outline,
        apps=("broken", "web"),
        services=("redis",),
        programs=("broken", "helm"),
        addons=("broken", "metrics-server"),
    )
    for thread in ahead.build([needed]):
        thread.join(120)
    assert sorted(map(str, built)) == ["helm", "metrics-server", "redis", "web"]
    assert capsys.readouterr() == ("", "")


def test_what_is_needed_first_is_built_first(outline: Outline, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[object] = []
    monkeypatch.setattr(catalogue, "addon", lambda name: name)
    monkeypatch.setattr(installing, "build", lambda name, _report: built.append(name))
    monkeypatch.setattr(programs, "resolve", lambda _report, name: built.append(name))
    nothing = replace(outline, apps=(), services=(), programs=(), addons=())
    late = replace(outline.steps[0], addons=("argocd",))
    first = replace(nothing, programs=("sops", "helm"), addons=("traefik",), steps=(late, *outline.steps[1:]))
    for thread in ahead.build([first, replace(nothing, programs=("age",)), replace(nothing, addons=("logs",))]):
        thread.join(120)
    assert built == ["helm", "sops", "traefik", "argocd", "age", "logs"]

"""Manifests as they are applied: images by their names here, upstream's beside the add-on's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lab_helpers import programs
from lab_helpers.addons import manifests, rendering
from lab_helpers.addons.contract import Addon
from lab_helpers.errors import LabError

_POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: 'IMAGE'}]}\n"
_REFERENCES = {"example.com/web": "ghcr.io/kubernetes-lab/web:0123"}


@pytest.mark.parametrize(
    "name",
    ["example.com/web", "example.com/web:v1.2.3", f"example.com/web:v1@sha256:{'0' * 64}", "example.com/web@sha256:0"],
)
def test_an_image_is_the_labs_whatever_its_tag(throw_away: Addon, name: str) -> None:
    assert _image(throw_away, name) == "ghcr.io/kubernetes-lab/web:0123"


@pytest.mark.parametrize("name", ["example.com/web-ui:v1", "example.com/web/ui", "other.example.com/web", "web"])
def test_another_image_stays_what_it_is(throw_away: Addon, name: str) -> None:
    assert _image(throw_away, name) == name


def test_a_provider_with_manifests_of_its_own_gets_those(throw_away: Addon) -> None:
    own = throw_away.directory / "manifests" / "kind"
    own.mkdir()
    (own / "pod.yaml").write_text(_POD)
    assert [content["kind"] for content in rendering.render(throw_away, "kind", {})] == ["Pod"]
    assert len(rendering.render(throw_away, "embedded", {})) > 1


@pytest.fixture
def kustomized(throw_away: Addon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Addon:
    """An add-on with a kustomization, and a stand-in for kubectl that prints what upstream's directory holds."""
    (throw_away.directory / "manifests" / "base" / "kustomization.yaml").write_text("resources: [../upstream/deploy]")
    kubectl = tmp_path / "kubectl"
    kubectl.write_text('#!/bin/sh\ncat "$2/../upstream/deploy/pod.yaml"\n')
    kubectl.chmod(0o755)
    monkeypatch.setattr(programs, "resolve", lambda _report, *_names: {"kubectl": kubectl})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return replace(throw_away, upstream="toy")


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """A directory of upstream's manifests: one pod."""
    directory = tmp_path / "module"
    (directory / "deploy").mkdir(parents=True)
    (directory / "deploy" / "pod.yaml").write_text(_POD.replace("IMAGE", "example.com/web:v1"))
    return directory


def test_upstreams_manifests_lie_beside_a_kustomization(kustomized: Addon, upstream: Path) -> None:
    (pod,) = rendering.render(kustomized, "embedded", _REFERENCES, upstream)
    assert pod["spec"]["containers"][0]["image"] == "ghcr.io/kubernetes-lab/web:0123"


def test_a_kustomization_is_built_once_and_again_when_it_has_changed(kustomized: Addon, upstream: Path) -> None:
    manifests.build(kustomized, upstream)
    (upstream / "deploy" / "pod.yaml").write_text(_POD.replace("web", "changed"))
    (pod,) = rendering.render(kustomized, "embedded", {}, upstream)
    assert pod["metadata"]["name"] == "web", "what is pinned does not change, and is not looked at again"
    (kustomized.directory / "manifests" / "base" / "all.yaml").write_text("# changed")
    (pod,) = rendering.render(kustomized, "embedded", {}, upstream)
    assert pod["metadata"]["name"] == "changed"


def test_an_image_in_a_text_is_the_labs_too(throw_away: Addon) -> None:
    (throw_away.directory / "manifests" / "base" / "all.yaml").write_text(
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {pod: "image:\\texample.com/web\\n"}\n'
    )
    (configmap,) = rendering.render(throw_away, "embedded", _REFERENCES)
    assert configmap["data"]["pod"] == "image:\tghcr.io/kubernetes-lab/web:0123\n"


def test_a_kustomization_that_does_not_build_is_told_with_its_reason(kustomized: Addon, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="its manifests cannot be built") as failure:
        rendering.render(kustomized, "embedded", {}, tmp_path / "nothing")
    assert "No such file" in failure.value.last_event
    assert failure.value.object == "add-on throw-away"


def _image(addon: Addon, name: str) -> str:
    (addon.directory / "manifests" / "base" / "all.yaml").write_text(_POD.replace("IMAGE", name))
    (pod,) = rendering.render(addon, "embedded", _REFERENCES)
    return str(pod["spec"]["containers"][0]["image"])

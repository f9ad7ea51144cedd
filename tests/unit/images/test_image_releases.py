"""The releases: read in order, built of source and patches, built again only when one of them changed."""

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.images import base_image, releases
from lab_helpers.images.build import Builder
from lab_helpers.images.registry import Registry

_TOML = """
[[release]]
tag = "v1.0.0"
behaviour = "good"
summary = "The first release."

[[release]]
tag = "v1.1.0"
base = "v1.0.0"
patch = "v1.1.0.patch"
behaviour = "wrong-answer"
summary = "Another answer."
"""
_PATCH = """--- a/src/answer.js
+++ b/src/answer.js
@@ -1 +1 @@
-export const answer = 42;
+export const answer = 43;
"""
_REGISTRY = Registry("ghcr.io", "127.0.0.1", 443, Path("ca"), "lab", Path("password"))


class _Recorder(Builder):
    """A builder that keeps what it was given and saves an image of it."""

    def __init__(self) -> None:
        self.built: dict[str, str] = {}
        self.arguments: list[Mapping[str, str]] = []

    def has(self, reference: str) -> bool:
        return reference in self.built

    def build(self, context: Path, reference: str, arguments: Mapping[str, str]) -> None:
        self.built[reference] = (context / "src/answer.js").read_text()
        self.arguments.append(arguments)

    def save(self, reference: str, archive: Path) -> None:
        layers = {"type": "layers", "diff_ids": ["sha256:not-looked-at"]}
        with tarfile.open(archive, "w") as tar:
            for name, content in (
                ("c.json", json.dumps({"author": reference, "rootfs": layers})),
                ("l.tar", self.built[reference]),
                ("manifest.json", json.dumps([{"Config": "c.json", "Layers": ["l.tar"]}])),
            ):
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content.encode()))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    directory = tmp_path / "app" / "prj_02"
    (directory / "src").mkdir(parents=True)
    (directory / "src/answer.js").write_text("export const answer = 42;\n")
    described = tmp_path / "labs" / "lab_05_first_deploy" / "releases"
    described.mkdir(parents=True)
    (described / "releases.toml").write_text(_TOML)
    (described / "v1.1.0.patch").write_text(_PATCH)
    return directory


@pytest.fixture
def builder(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Recorder:
    """A recording builder in a world of its own: source, patches, cache, and a registry that takes everything."""
    recorder = _Recorder()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(releases, "labs_directory", lambda: tmp_path / "labs")
    monkeypatch.setattr(releases, "app_directory", lambda: tmp_path / "app")
    monkeypatch.setattr(releases, "choose_builder", lambda: recorder)
    monkeypatch.setattr(base_image, "public_registry_reachable", lambda: False)
    monkeypatch.setattr(base_image, "node_base_image", lambda builder, report: "lab.local/node:1")
    monkeypatch.setattr(
        releases, "push", lambda layout, image, registry, repository, tag: f"{repository}:{tag} {image.manifest.digest}"
    )
    return recorder


def _ensure() -> dict[str, str]:
    return releases.ensure_releases(_REGISTRY, lambda line: None)


def test_each_release_is_its_base_with_its_patch(builder: _Recorder) -> None:
    _ensure()
    assert builder.built == {
        "ghcr.io/org/prj-02:v1.0.0": "export const answer = 42;\n",
        "ghcr.io/org/prj-02:v1.1.0": "export const answer = 43;\n",
    }


def test_each_is_built_with_its_version_on_the_base_image_and_pushed_under_its_tag(builder: _Recorder) -> None:
    digests = _ensure()
    assert builder.arguments == [
        {"BASE_IMAGE": "lab.local/node:1", "VERSION": "v1.0.0"},
        {"BASE_IMAGE": "lab.local/node:1", "VERSION": "v1.1.0"},
    ]
    assert digests["v1.1.0"].startswith("org/prj-02:v1.1.0 sha256:")
    assert digests["v1.0.0"] != digests["v1.1.0"]


def test_the_dockerfiles_own_base_is_used_where_a_public_registry_answers(
    builder: _Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_image, "public_registry_reachable", lambda: True)
    _ensure()
    assert builder.arguments[0] == {"VERSION": "v1.0.0"}


def test_what_was_built_before_is_not_built_again(builder: _Recorder) -> None:
    first = _ensure()
    builder.built.clear()
    assert _ensure() == first
    assert builder.built == {}


def test_a_changed_source_is_built_again(builder: _Recorder, source: Path) -> None:
    _ensure()
    builder.built.clear()
    (source / "README.md").write_text("new")
    _ensure()
    assert len(builder.built) == 2


def test_installed_modules_are_no_source(builder: _Recorder, source: Path) -> None:
    _ensure()
    builder.built.clear()
    (source / "node_modules").mkdir()
    (source / "node_modules" / "x.js").write_text("x")
    _ensure()
    assert builder.built == {}


def test_a_patch_that_does_not_apply_is_an_error_that_names_it_and_keeps_nothing(
    builder: _Recorder, source: Path, tmp_path: Path
) -> None:
    (source / "src/answer.js").write_text("export const answer = 1;\n")
    with pytest.raises(CommandFailed) as caught:
        _ensure()
    assert "v1.1.0.patch" in caught.value.next_step
    assert not [path for path in (tmp_path / "cache/kubernetes-lab/images").iterdir() if not path.suffix]


def test_a_release_upon_an_unknown_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "releases.toml").write_text(_TOML.replace('base = "v1.0.0"', 'base = "v0.9.0"'))
    with pytest.raises(LabError, match=r"v0\.9\.0"):
        releases.list_releases(tmp_path)


def test_the_labs_own_releases_can_be_read() -> None:
    listed = releases.list_releases()
    assert [release.tag for release in listed] == ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"]
    assert {release.behaviour for release in listed} == {"good", "never-ready", "wrong-answer"}
    assert all(patch.is_file() for release in listed for patch in release.patches)

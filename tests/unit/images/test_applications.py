"""Applications: declared file by file and key by key, built of whole files, and only when one of them changed."""

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from lab_helpers import checkout
from lab_helpers.errors import LabError
from lab_helpers.images import application_images, applications, base_image
from lab_helpers.images.applications import Application
from lab_helpers.images.builders.base import Builder
from lab_helpers.images.registry import Registry

_TOML = """
repository = "org/web"
base = "node"

[[release]]
tag = "v1.0.0"
behaviour = "good"
summary = "The first release."

[[release]]
tag = "v1.1.0"
base = "v1.0.0"
behaviour = "wrong-answer"
summary = "Another answer."

[[release]]
tag = "v1.2.0"
base = "v1.1.0"
behaviour = "good"
summary = "Says hello too."
"""
_REGISTRY = Registry("ghcr.io", "127.0.0.1", 443, Path("ca"), "lab", Path("password"))


class _Recorder(Builder):
    """A builder that keeps what it was given and saves an image of it."""

    def __init__(self) -> None:
        self.built: dict[str, dict[str, str]] = {}
        self.arguments: list[Mapping[str, str]] = []

    def has(self, reference: str) -> bool:
        return reference in self.built

    def build(self, context: Path, reference: str, arguments: Mapping[str, str]) -> None:
        files = (path for path in context.rglob("*") if path.is_file())
        self.built[reference] = {file.relative_to(context).as_posix(): file.read_text() for file in files}
        self.arguments.append(arguments)

    def tag(self, reference: str, name: str) -> None:
        raise NotImplementedError

    def save(self, reference: str, archive: Path) -> None:
        layers = {"type": "layers", "diff_ids": ["sha256:not-looked-at"]}
        with tarfile.open(archive, "w") as tar:
            for name, content in (
                ("c.json", json.dumps({"author": reference, "rootfs": layers})),
                ("l.tar", json.dumps(self.built[reference])),
                ("manifest.json", json.dumps([{"Config": "c.json", "Layers": ["l.tar"]}])),
            ):
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content.encode()))

    def load(self, reference: str, archive: Path) -> None:
        raise NotImplementedError


def _write(directory: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(content)
    return directory


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of an application with three releases, alone below ``app/``."""
    monkeypatch.setattr(checkout, "app_directory", lambda: tmp_path / "app")
    files = {
        "app.toml": _TOML,
        "src/answer.js": "42",
        "README.md": "web",
        "src/releases/app.toml": "not the template's",
        "releases/v1.1.0/src/answer.js": "43",
        "releases/v1.2.0/src/hello.js": "hello",
    }
    return _write(tmp_path / "app" / "web", files)


@pytest.fixture
def builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Recorder:
    """A recording builder, with a cache of its own and a registry that takes everything."""
    recorder = _Recorder()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(application_images, "choose_builder", lambda: recorder)
    monkeypatch.setattr(base_image, "public_registry_reachable", lambda: False)
    monkeypatch.setattr(
        base_image,
        "make",
        lambda name, builder, report, *requirements: f"lab.local/{name}:{requirements[0].name if requirements else 1}",
    )
    monkeypatch.setattr(
        "lab_helpers.images.registry.push",
        lambda layout, image, registry, repository, tag: f"{repository}:{tag} {image.manifest.digest}",
    )
    return recorder


@pytest.fixture
def application(directory: Path) -> Application:
    return applications.load("web")


def _push(name: str = "web") -> dict[str, str]:
    return application_images.push(applications.load(name), _REGISTRY, lambda line: None)


def _source(application: Application, tag: str, target: Path) -> dict[str, str]:
    release = next(release for release in application.releases if release.tag == tag)
    applications.write_source(application, release, target)
    files = (path for path in target.rglob("*") if path.is_file())
    return {file.relative_to(target).as_posix(): file.read_text() for file in files}


def test_a_release_is_whole_files_over_those_of_its_base(application: Application, tmp_path: Path) -> None:
    first = {"src/answer.js": "42", "src/releases/app.toml": "not the template's", "README.md": "web"}
    assert _source(application, "v1.0.0", tmp_path / "v1.0.0") == first
    assert _source(application, "v1.1.0", tmp_path / "v1.1.0") == {**first, "src/answer.js": "43"}
    assert _source(application, "v1.2.0", tmp_path / "v1.2.0") == {
        **first,
        "src/answer.js": "43",
        "src/hello.js": "hello",
    }


def test_a_release_is_written_over_the_one_before(application: Application, tmp_path: Path) -> None:
    (tmp_path / "repository/.git").mkdir(parents=True)
    for tag in ("v1.0.0", "v1.1.0"):
        source = _source(application, tag, tmp_path / "repository")
    assert source["src/answer.js"] == "43"
    assert (tmp_path / "repository/.git").is_dir()


def test_an_application_says_what_it_is(application: Application) -> None:
    assert applications.names() == ["web"]
    assert (application.name, application.repository, application.base) == ("web", "org/web", "node")
    assert [(release.tag, release.base_tag, release.behaviour) for release in application.releases] == [
        ("v1.0.0", "", "good"),
        ("v1.1.0", "v1.0.0", "wrong-answer"),
        ("v1.2.0", "v1.1.0", "good"),
    ]
    assert application.reference(application.releases[1]) == "ghcr.io/org/web:v1.1.0"


@pytest.mark.parametrize(
    ("written", "instead", "key", "reason"),
    [
        ("org/web", "ghcr.io/Org", "repository", "must be lower-case words, as in org/app"),
        ('repository = "org/web"', "", "repository", "is missing"),
        ('"node"', '"cobol"', "base", "is cobol; there are node, python, postgresql"),
        ('base = "node"', 'base = "node"\nbases = "node"', "bases", "is no key; there are repository, base"),
        (
            'base = "node"',
            'base = "node"\nrequirements = "r.txt"',
            "requirements",
            "is r.txt; there are package-lock.json",
        ),
        (
            'base = "node"',
            'base = "python"\nrequirements = "requirements.txt"',
            "requirements",
            "is no file of the application",
        ),
        (
            'base = "node"',
            'base = "python"\nrequirements = "../requirements.txt"',
            "requirements",
            "is no file of the application",
        ),
        (
            'base = "node"',
            'base = "postgresql"\nrequirements = "requirements.txt"',
            "requirements",
            'is requirements.txt; there are ""',
        ),
        (
            'behaviour = "wrong-answer"',
            'behaviour = "god"',
            "release[1].behaviour",
            "is god; there are good, never",
        ),
        (_TOML[_TOML.index("\n[[release]]") :], "release = []", "release", "is missing"),
        ('tag = "v1.1.0"', 'tag = "1.1"', "release[1].tag", "must be a version, as in v1.2.3"),
        ('tag = "v1.1.0"', 'tag = "v1.0.0"', "release[1].tag", "v1.0.0 is used twice"),
        ('base = "v1.0.0"', 'base = "v0.9.0"', "release[1].base", 'is "v0.9.0"; there are v1.0.0'),
        ('base = "v1.0.0"', "", "release[1].base", 'is ""; there are v1.0.0'),
        ('summary = "Another answer."', "summary = 1", "release[1].summary", "must be a text in quotes"),
        ('tag = "v1.0.0"', 'tag = "v1.0.0"\nbase = "v0.9.0"', "release[0].base", 'is "v0.9.0"; there are ""'),
        ('tag = "v1.2.0"', 'tag = "v1.3.0"', "release[2].tag", "its files are missing"),
        (_TOML[_TOML.index('\n[[release]]\ntag = "v1.2.0"') :], "", "release", "belongs to no release"),
    ],
)
def test_a_wrong_declaration_names_file_and_key(
    written: str, instead: str, key: str, reason: str, directory: Path
) -> None:
    assert written in _TOML
    (directory / "app.toml").write_text(_TOML.replace(written, instead))
    (directory.parent / "requirements.txt").touch()
    with pytest.raises(LabError) as caught:
        applications.load("web")
    assert caught.value.object == f"{directory / 'app.toml'}: {key}"
    assert reason in caught.value.reason


def test_the_base_of_an_application_has_the_wheels_of_its_requirements(directory: Path, builder: _Recorder) -> None:
    (directory / "app.toml").write_text(_TOML.replace('"node"', '"python"\nrequirements = "requirements.txt"'))
    (directory / "requirements.txt").write_text("")
    _push()
    assert builder.arguments[0] == {"BASE_IMAGE": "lab.local/python:requirements.txt", "VERSION": "v1.0.0"}


def test_each_is_built_with_its_version_on_the_base_image_and_pushed_under_its_tag(
    application: Application, builder: _Recorder
) -> None:
    digests = _push()
    assert builder.arguments == [
        {"BASE_IMAGE": "lab.local/node:1", "VERSION": "v1.0.0"},
        {"BASE_IMAGE": "lab.local/node:1", "VERSION": "v1.1.0"},
        {"BASE_IMAGE": "lab.local/node:1", "VERSION": "v1.2.0"},
    ]
    assert builder.built["ghcr.io/org/web:v1.1.0"]["src/answer.js"] == "43"
    assert digests["v1.1.0"].startswith("org/web:v1.1.0 sha256:")
    assert digests["v1.0.0"] != digests["v1.1.0"]


def test_the_dockerfiles_own_base_is_used_where_a_public_registry_answers(
    application: Application, builder: _Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_image, "public_registry_reachable", lambda: True)
    _push()
    assert builder.arguments[0] == {"VERSION": "v1.0.0"}


def test_a_base_with_programs_of_the_labs_own_is_always_made(
    directory: Path, builder: _Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_image, "public_registry_reachable", lambda: True)
    _write(directory, {"app.toml": _TOML.replace('base = "node"', 'base = "migrate"')})
    application_images.push(applications.load("web", directory.parent), _REGISTRY, lambda line: None)
    assert builder.arguments[0]["BASE_IMAGE"] == "lab.local/migrate:1"


def test_what_was_built_before_is_not_built_again(application: Application, builder: _Recorder) -> None:
    first = _push()
    builder.built.clear()
    assert _push() == first
    assert builder.built == {}


@pytest.mark.parametrize("changed", ["README.md", "releases/v1.1.0/src/answer.js", "releases/v1.2.0/new.js"])
def test_a_changed_source_is_built_again(changed: str, directory: Path, builder: _Recorder) -> None:
    _push()
    builder.built.clear()
    _write(directory, {changed: "new"})
    _push()
    assert len(builder.built) == 3


def test_another_order_of_releases_is_built_again(directory: Path, builder: _Recorder) -> None:
    _push()
    builder.built.clear()
    (directory / "app.toml").write_text(_TOML.replace('base = "v1.1.0"', 'base = "v1.0.0"'))
    _push()
    assert builder.built["ghcr.io/org/web:v1.2.0"]["src/answer.js"] == "42"


def test_what_work_leaves_in_a_repository_is_no_source(directory: Path, builder: _Recorder) -> None:
    _push()
    builder.built.clear()
    _write(directory, {"node_modules/x.js": "x", "src/__pycache__/x.pyc": "x"})
    _push()
    assert builder.built == {}


def test_a_new_application_builds_nothing_of_the_others_again(directory: Path, builder: _Recorder) -> None:
    _push()
    builder.built.clear()
    alone = _TOML[: _TOML.index('\n[[release]]\ntag = "v1.1.0"')].replace("org/web", "org/batch")
    _write(directory.parent / "batch", {"app.toml": alone, "src/main.js": "1"})
    for name in applications.names():
        _push(name)
    assert set(builder.built) == {"ghcr.io/org/batch:v1.0.0"}


@pytest.mark.parametrize("name", applications.names())
def test_the_declarations_of_the_template_can_be_read(name: str) -> None:
    assert applications.load(name).releases


def test_no_two_applications_of_the_template_are_pushed_to_the_same_place() -> None:
    repositories = [applications.load(name).repository for name in applications.names()]
    assert len(set(repositories)) == len(repositories)

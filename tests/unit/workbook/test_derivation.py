"""A repository and the template that it came from: what changed there, here, and in both, and what is an error."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from lab_helpers import checkout, shell, versions
from lab_helpers.errors import LabError
from lab_helpers.images import applications
from lab_helpers.workbook.learner import changelog, editions, git, stamp
from lab_helpers.workbook.learner.derivation import derivation

_APP = """repository = "org/web"
base = "node"

[[release]]
tag = "v1.0.0"
behaviour = "good"
summary = "The first release."

[[release]]
tag = "v1.1.0"
base = "v1.0.0"
behaviour = "good"
summary = "Another answer."
"""
_LOG = "# The template\n\n## 1.1.0\n\n- Waits longer.\n\n## 1.0.0\n\n- Begins.\n\n## 0.9.0\n\n- Was tried.\n"


def _stamp(part: str, version: str) -> str:
    return f'template = "{stamp.TEMPLATE}"\nversion = "{version}"\npart = "{part}"\n'


def _write(directory: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(content)


def _commit(directory: Path) -> None:
    git.run(directory, "add", "--all")
    git.run(directory, "commit", "--quiet", "--message", "Change")


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout of a template that is at 1.1.0, and once was at 1.0.0, of which one commit was only half."""
    root = tmp_path / "template"
    root.mkdir()
    git.init(root)
    app, infra = (
        {"app/web/app.toml": _APP},
        {"infra/base.yaml": "wait: 1\n\n\n\nreplicas: 1\n", "infra/gone.yaml": "a\n"},
    )
    _write(root, {**app, **infra, "app/web/src/main.js": "1\n", "app/web/releases/v1.1.0/src/answer.js": "42\n"})
    _write(root, {f"{part}/.template.toml": _stamp(part, "1.0.0") for part in ("infra", "app/web")})
    _write(root, {"docs/template.md": _LOG})
    _commit(root)
    _write(root, {"infra/late.yaml": "late\n"})
    _commit(root)
    _write(root, {f"{part}/.template.toml": _stamp(part, "1.1.0") for part in ("infra", "app/web")})
    _write(root, {"infra/base.yaml": "wait: 2\n\n\n\nreplicas: 1\n", "app/web/src/main.js": "2\n"})
    (root / "infra/gone.yaml").unlink()
    _commit(root)
    monkeypatch.setattr(checkout, "source_directory", lambda: root)
    monkeypatch.setattr(versions, "TEMPLATE", "1.1.0")
    return root


@pytest.fixture
def derive(template: Path, tmp_path: Path) -> Callable[..., Path]:
    """Makes a repository of what a part of the template held in a version."""

    def make(part: str, version: str = "1.0.0", release: str = "") -> Path:
        directory = tmp_path / "derived"
        directory.mkdir()
        for path, content in editions.edition(stamp.Stamp(stamp.TEMPLATE, version, part))[release].items():
            _write(directory, {path: content.decode()})
        _write(directory, {stamp.FILE: _stamp(part, version)})
        git.init(directory)
        _commit(directory)
        return directory

    return make


def test_what_the_template_changed_since_is_told_from_what_is_ones_own(derive: Callable[..., Path]) -> None:
    own = derive("infra")
    assert (own / "late.yaml").exists(), "a version is all that was committed until the next"
    _write(own, {"mine.yaml": "mine\n", "secrets/web.env": "KEY=secret\n"})
    derived = derivation(own)
    assert derived.template_changes == {"base.yaml": "M", "gone.yaml": "D"}
    assert derived.own_changes == {"mine.yaml": "A"}
    assert derived.conflicts == []


@pytest.mark.parametrize(
    ("changes", "conflicts"),
    [
        ({"base.yaml": "wait: 1\n\n\n\nreplicas: 3\n"}, []),
        ({"base.yaml": "wait: 9\n\n\n\nreplicas: 1\n"}, ["base.yaml"]),
        ({"base.yaml": "wait: 2\n\n\n\nreplicas: 1\n"}, []),
        ({"base.yaml": "\0"}, ["base.yaml"]),
        ({"gone.yaml": "b\n"}, ["gone.yaml"]),
    ],
    ids=["elsewhere", "the same line", "the same change", "no text", "deleted there"],
)
def test_what_both_changed_is_a_conflict_where_it_does_not_merge(
    changes: dict[str, str], conflicts: list[str], derive: Callable[..., Path]
) -> None:
    own = derive("infra")
    _write(own, changes)
    assert derivation(own).conflicts == conflicts


def test_the_difference_is_a_patch_that_git_applies(derive: Callable[..., Path]) -> None:
    own = derive("infra")
    _write(own, {"base.yaml": "wait: 1\n\n\n\nreplicas: 3\n"})
    _commit(own)
    shell.run(["git", "apply", "--3way"], cwd=own, input=derivation(own).patch())
    assert (own / "base.yaml").read_text() == "wait: 2\n\n\n\nreplicas: 3\n"
    assert not (own / "gone.yaml").exists()


@pytest.mark.parametrize("release", ["v1.0.0", "v1.1.0"])
def test_an_application_is_compared_with_the_release_that_it_began_as(
    release: str, derive: Callable[..., Path]
) -> None:
    derived = derivation(derive("app/web", release=release))
    assert derived.release == release
    assert (derived.template_changes, derived.own_changes) == ({"src/main.js": "M"}, {})


def test_the_version_that_is_current_is_that_of_the_files(template: Path, derive: Callable[..., Path]) -> None:
    own = derive("infra", "1.1.0")
    shutil.rmtree(template / ".git")
    assert derivation(own).template_changes == {}


def _refusal(repository: Path) -> LabError:
    with pytest.raises(LabError) as caught:
        derivation(repository)
    assert caught.value.next_step
    return caught.value


def test_a_version_that_this_checkout_does_not_know_is_said_with_those_it_does(derive: Callable[..., Path]) -> None:
    own = derive("infra")
    _write(own, {stamp.FILE: _stamp("infra", "7.0.0")})
    assert "version 7.0.0 of the template, which this checkout does not know; it knows 1.1.0, 1.0.0" in str(
        _refusal(own)
    )


def test_without_a_history_it_is_said_that_the_version_cannot_be_looked_up(
    template: Path, derive: Callable[..., Path], tmp_path: Path
) -> None:
    own = derive("infra")
    shell.run(["git", "clone", "--quiet", "--depth=1", f"file://{template}", tmp_path / "shallow"])
    shutil.move(template / ".git", tmp_path / "git")
    assert "is no Git checkout" in str(_refusal(own))
    shutil.move(tmp_path / "shallow/.git", template / ".git")
    refused = _refusal(own)
    assert "is a shallow clone" in str(refused)
    assert refused.next_step == f"git -C {template} fetch --unshallow"


def test_what_is_no_repository_or_says_nothing_of_its_template_is_an_error(
    derive: Callable[..., Path], tmp_path: Path
) -> None:
    own = derive("infra")
    assert "is not the top of a Git repository" in str(_refusal(tmp_path))
    assert "is not the top of a Git repository" in str(_refusal(tmp_path / "nowhere"))
    for text, words in (
        (_stamp("infra", "1.0.0").replace(stamp.TEMPLATE, "other"), "came from another template, other"),
        (_stamp("infra", "one"), "version"),
        (_stamp("../infra", "1.0.0"), "part"),
        (_stamp("app/nothing", "1.1.0"), "app/nothing: is no part of the template"),
        ("template = ", ".template.toml"),
    ):
        _write(own, {stamp.FILE: text})
        assert words in str(_refusal(own))
    (own / stamp.FILE).unlink()
    assert "has no .template.toml" in str(_refusal(own))


@pytest.mark.usefixtures("template")
def test_the_changelog_tells_of_the_versions_since() -> None:
    assert list(changelog.since("1.0.0")) == ["## 1.1.0", "", "- Waits longer."]
    assert list(changelog.since("1.1.0")) == []


def test_every_stamp_and_the_changelog_are_at_the_version_of_the_template() -> None:
    parts = ["infra", *(f"app/{name}" for name in applications.names())]
    root = checkout.source_directory()
    assert {part: stamp.read(root / part).version for part in parts} == dict.fromkeys(parts, versions.TEMPLATE)
    assert changelog.versions()[0] == versions.TEMPLATE

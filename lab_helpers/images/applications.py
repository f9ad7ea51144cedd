"""The applications of the template: what each is built on, and its releases."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from lab_helpers import checkout, schema
from lab_helpers.images.bases import BASES
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.schema import Form, Key, Location

__all__ = ["Application", "Behaviour", "Release", "load", "names", "source_files", "write_source"]

_FILE = "app.toml"
_OVERLAYS = "releases"
# What work leaves in a repository.
_LEFTOVERS = ("node_modules", "__pycache__", ".venv", ".git", ".pytest_cache", ".ruff_cache")
_REPOSITORY = Form(r"[a-z0-9]+([/._-][a-z0-9]+)*", gettext_noop("lower-case words, as in org/app"))
_SUBJECT = Form(".{1,72}", gettext_noop("one line of at most 72 characters"))
_TAG = Form(r"v\d+\.\d+\.\d+", gettext_noop("a version, as in v1.2.3"))


class Behaviour(StrEnum):
    """What a release does once it is deployed."""

    GOOD = "good"
    NEVER_READY = "never-ready"
    WRONG_ANSWER = "wrong-answer"


@dataclass(frozen=True)
class Release:
    """A release of an application: whole files that lie over those of the release it is based on.

    Attributes:
        tag: Its image's and its commit's, as in ``v1.1.0``.
        commit: What its commit says: what its author meant, which need not be what it does.
        base_tag: The release it is based on; empty for the first, which is the application's directory itself.
        summary: What changed, one sentence.
        behaviour: What it does once it is deployed.
        overlays: The directories of files that make it out of the first release, from the lowest to the highest.
    """

    tag: str
    commit: str
    base_tag: str
    summary: str
    behaviour: Behaviour
    overlays: tuple[Path, ...]


@dataclass(frozen=True)
class Application:
    """An application, as its ``app.toml`` declares it.

    Attributes:
        name: That of its directory.
        directory: That directory: the App repository as of the first release, and what only the template has.
        repository: Where its images are pushed, and what its App repository is called, as in ``org/app``.
        base: The base image it is built on: one of ``BASES``.
        requirements: The locked requirements that its build installs, called as the base's package manager has it
            (``requirements.txt``, ``package-lock.json``); None where it installs none.
        releases: In the order of the file.
    """

    name: str
    directory: Path
    repository: str
    base: str
    requirements: Path | None
    releases: tuple[Release, ...]

    def reference(self, release: Release) -> str:
        """The name of a release's image in a manifest, as in ``ghcr.io/org/app:v1.2.3``."""
        return f"ghcr.io/{self.repository}:{release.tag}"


@dataclass(frozen=True)
class _DeclaredRelease:
    """A release as the file has it."""

    tag: Annotated[str, _TAG]
    summary: str
    behaviour: Behaviour
    base: str = ""
    commit: Annotated[str, _SUBJECT] = ""


@dataclass(frozen=True)
class _Declared:
    """An application as the file has it."""

    repository: Annotated[str, _REPOSITORY]
    base: str
    releases: Annotated[tuple[_DeclaredRelease, ...], Key("release")]
    requirements: str = ""


def names(parent: Path | None = None) -> list[str]:
    """The names of all applications below a directory; by default of those of the template."""
    return sorted(file.parent.name for file in (parent or checkout.app_directory()).glob(f"*/{_FILE}"))


def load(name: str, parent: Path | None = None) -> Application:
    """The application of that name.

    Args:
        name: That of its directory.
        parent: Where that directory lies; by default where those of the template do.

    Raises:
        LabError: There is none, or its ``app.toml`` is wrong.
    """
    directory = (parent or checkout.app_directory()) / name
    location = Location(directory / _FILE)
    declared = schema.read(_Declared, location.file)
    if declared.base not in BASES:
        reason = _("is {value}; there are {known}").format(value=declared.base, known=", ".join(BASES))
        raise location.key("base").error(reason, f'base = "{schema.nearest(declared.base, BASES)}"')
    requirements = _requirements(declared, directory, location) if declared.requirements else None
    if not declared.releases:
        raise location.key("release").error(_("is missing"), '[[release]] tag = "v1.0.0"')
    releases = _releases(declared.releases, directory / _OVERLAYS, location.key("release"))
    return Application(name, directory, declared.repository, declared.base, requirements, releases)


def write_source(application: Application, release: Release, target: Path) -> None:
    """Write the App repository as of a release.

    Args:
        application: The application.
        release: One of its releases.
        target: A directory, made where it is missing; of what lies in it only files of the same names change.
    """
    for source in (application.directory, *release.overlays):
        for file in source_files(source):
            path = target / file.relative_to(source)
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, path)


def source_files(source: Path) -> Iterator[Path]:
    """The files of an application's directory, or of an overlay, that belong to the App repository."""
    return _files(source, (_FILE, _OVERLAYS))


def _files(directory: Path, template_only: tuple[str, ...] = ()) -> Iterator[Path]:
    for path in sorted(directory.iterdir()):
        if path.name not in (*_LEFTOVERS, *template_only):
            yield from _files(path) if path.is_dir() else [path]


def _requirements(declared: _Declared, directory: Path, location: Location) -> Path:
    path, lock = directory / declared.requirements, BASES[declared.base].lock
    if path.name != lock:
        reason = _("is {value}; there are {known}").format(value=declared.requirements, known=lock or '""')
        raise location.key("requirements").error(reason, f'requirements = "{lock}"')
    if path.resolve() not in map(Path.resolve, source_files(directory)):
        raise location.key("requirements").error(_("is no file of the application"), f"ls {shlex.quote(str(path))}")
    return path


def _releases(declared: Sequence[_DeclaredRelease], directory: Path, key: Location) -> tuple[Release, ...]:
    """The releases, with the overlays that make each; the first has none."""
    releases: dict[str, Release] = {}
    for index, entry in enumerate(declared):
        location, overlay = key.item(index), directory / entry.tag
        if entry.tag in releases:
            raise location.key("tag").error(_("{id} is used twice").format(id=entry.tag), 'tag = "v…"')
        if entry.base not in (releases or ("",)):
            reason = _("is {value}; there are {known}").format(
                value=f'"{entry.base}"', known=", ".join(releases) or '""'
            )
            raise location.key("base").error(reason, f'base = "{schema.nearest(entry.base, releases)}"')
        if releases and not overlay.is_dir():
            raise location.key("tag").error(_("its files are missing"), f"mkdir -p {overlay}")
        below = (*releases[entry.base].overlays, overlay) if releases else ()
        commit = entry.commit or f"Release {entry.tag}"
        releases[entry.tag] = Release(entry.tag, commit, entry.base, entry.summary, entry.behaviour, below)
    for path in directory.glob("*"):
        if path.name not in list(releases)[1:]:
            reason = _("{path} belongs to no release that has a base").format(path=path)
            raise key.error(reason, f'[[release]] tag = "{path.name}"')
    return tuple(releases.values())

"""The applications of the template: what each is built on, its releases, and the images they become."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import checkout, declaration
from lab_helpers.declaration import Table
from lab_helpers.files import content_key, once
from lab_helpers.images import base_image
from lab_helpers.images import layout as on_disk
from lab_helpers.images import registry as registries
from lab_helpers.images.build import Builder, choose_builder
from lab_helpers.images.layout import ImageLayout
from lab_helpers.images.registry import Registry
from lab_helpers.language import gettext as _
from lab_helpers.locks import exclusively
from lab_helpers.paths import cache_directory

__all__ = ["Application", "Release", "build", "load", "names", "push", "write_source"]

_FILE = "app.toml"
_OVERLAYS = "releases"
# What of an application's directory is the template's and no part of its App repository, and what work leaves in one.
_NOT_SOURCE = (_FILE, _OVERLAYS, "node_modules", "__pycache__", ".venv", ".git")
_REPOSITORY = r"[a-z0-9]+(?:[/._-][a-z0-9]+)*"
_TAG = r"v\d+\.\d+\.\d+"


@dataclass(frozen=True)
class Release:
    """A release of an application: whole files that lie over those of the release it is based on.

    Attributes:
        tag: Its image's and its commit's, as in ``v1.1.0``.
        commit: What its commit says: what its author meant, which need not be what it does.
        base_tag: The release it is based on; empty for the first, which is the application's directory itself.
        summary: What changed, one sentence.
        behaviour: What it does once it is deployed: ``good``, ``never-ready``, ``wrong-answer``.
        overlays: The directories of files that make it out of the first release, from the lowest to the highest.
    """

    tag: str
    commit: str
    base_tag: str
    summary: str
    behaviour: str
    overlays: tuple[Path, ...]


@dataclass(frozen=True)
class Application:
    """An application, as its ``app.toml`` declares it.

    Attributes:
        name: That of its directory below ``app/``.
        directory: That directory: the App repository as of the first release, and what only the template has.
        repository: Where its images are pushed, and what its App repository is called, as in ``org/app``.
        base: The base image it is built on.
        releases: In the order of the file.
    """

    name: str
    directory: Path
    repository: str
    base: str
    releases: tuple[Release, ...]

    def reference(self, release: Release) -> str:
        """The name of a release's image in a manifest, as in ``ghcr.io/org/app:v1.2.3``."""
        return f"ghcr.io/{self.repository}:{release.tag}"


def names() -> list[str]:
    """The names of all applications."""
    return sorted(file.parent.name for file in checkout.app_directory().glob(f"*/{_FILE}"))


def load(name: str) -> Application:
    """The application of that name.

    Raises:
        LabError: There is none, or its ``app.toml`` is wrong.
    """
    directory = checkout.app_directory() / name
    table = declaration.read(directory / _FILE)
    repository, base = table.text("repository", _REPOSITORY, "org/app"), table.text("base", "node", "node")
    releases: dict[str, Release] = {}
    for entry in table.tables("release"):
        release = _release(entry, releases, directory / _OVERLAYS)
        releases[release.tag] = release
    undeclared = {path.name for path in (directory / _OVERLAYS).glob("*")} - {*list(releases)[1:]}
    if undeclared:
        path = f"{_OVERLAYS}/{min(undeclared)}"
        raise table.error("release", _("{path} lies there and no release is declared of it").format(path=path))
    table.expect_nothing_more()
    return Application(name, directory, repository, base, tuple(releases.values()))


def write_source(application: Application, release: Release, target: Path) -> None:
    """Write the App repository as of a release.

    Args:
        application: The application.
        release: One of its releases.
        target: A directory, made where it is missing; of what lies in it only files of the same names change.
    """
    for source in (application.directory, *release.overlays):
        for file in _files(source):
            path = target / file.relative_to(source)
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, path)


def push(application: Application, registry: Registry, report: Callable[[str], None]) -> dict[str, str]:
    """Push an application's releases to a registry, building them first where needed, and return each tag's digest.

    Raises:
        LabError: A build failed, or the registry does not take the images.
    """
    layout = build(application, report)
    releases, repository = application.releases, application.repository
    report(_("pushing {count} releases of {repository}").format(count=len(releases), repository=repository))
    # Notebooks that start at once all want them pushed: one does it, and the others find it done.
    with exclusively(layout.directory):
        images = {release.tag: layout.image(application.reference(release)) for release in releases}
        return {tag: registries.push(layout, image, registry, repository, tag) for tag, image in images.items()}


def build(application: Application, report: Callable[[str], None]) -> ImageLayout:
    """Build an application's releases where its files have changed since they were, and return the images.

    Raises:
        LabError: A build failed.
    """
    key = content_key(base_image.recipe_key(), Path(on_disk.__file__), *_content(application))

    def make(part: Path) -> None:
        part.mkdir()
        _build(application, part, report)

    return ImageLayout(once(cache_directory() / "images" / f"{application.name}-{key}", make) / "layout")


def _build(application: Application, directory: Path, report: Callable[[str], None]) -> None:
    builder = choose_builder()
    layout = ImageLayout(directory / "layout")
    arguments = _base_arguments(builder, report)
    for release in application.releases:
        reference = application.reference(release)
        report(_("building {reference}").format(reference=reference))
        with tempfile.TemporaryDirectory(dir=directory) as work:
            context = Path(work) / "source"
            write_source(application, release, context)
            builder.build(context, reference, {**arguments, "VERSION": release.tag})
            archive = Path(work) / "image.tar"
            builder.save(reference, archive)
            layout.add_docker_archive(reference, archive)


def _base_arguments(builder: Builder, report: Callable[[str], None]) -> dict[str, str]:
    if base_image.public_registry_reachable():
        return {}
    return {"BASE_IMAGE": base_image.node_base_image(builder, report)}


def _content(application: Application) -> Iterator[str | Path]:
    """All that an application's images follow from, but for their base."""
    for release in application.releases:
        yield " ".join([application.reference(release), *(overlay.name for overlay in release.overlays)])
    overlays = {overlay for release in application.releases for overlay in release.overlays}
    for source in (application.directory, *sorted(overlays)):
        for file in _files(source):
            yield file.relative_to(application.directory).as_posix()
            yield file


def _files(source: Path) -> Iterator[Path]:
    for path in sorted(source.iterdir()):
        if path.name not in _NOT_SOURCE:
            yield from _files(path) if path.is_dir() else [path]


def _release(entry: Table, earlier: Mapping[str, Release], overlays: Path) -> Release:
    tag = entry.text("tag", _TAG, "v1.2.3")
    if tag in earlier:
        raise entry.error("tag", _("{tag} is declared twice").format(tag=tag))
    base_tag = entry.text("base") if earlier else ""
    if earlier and base_tag not in earlier:
        raise entry.error("base", _("{tag} is not declared before it").format(tag=base_tag))
    if earlier and not (overlays / tag).is_dir():
        raise entry.error("tag", _("has no directory {path}").format(path=overlays / tag))
    upon = (*earlier[base_tag].overlays, overlays / tag) if earlier else ()
    commit = entry.text("commit", r".{1,72}", "Say hello", default=f"Release {tag}")
    release = Release(tag, commit, base_tag, entry.text("summary"), entry.text("behaviour"), upon)
    entry.expect_nothing_more()
    return release

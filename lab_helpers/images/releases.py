"""The releases of prj-02 that notebook 05 rolls out: built once from the App repository, then pushed."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import shell
from lab_helpers.checkout import app_directory, labs_directory
from lab_helpers.errors import LabError
from lab_helpers.images import base_image
from lab_helpers.images import layout as on_disk
from lab_helpers.images.build import Builder, choose_builder
from lab_helpers.images.layout import ImageLayout
from lab_helpers.images.registry import Registry, push
from lab_helpers.images.stored import content_key, exclusively, once
from lab_helpers.language import gettext as _
from lab_helpers.paths import cache_directory

__all__ = ["REPOSITORY", "Release", "build_releases", "ensure_releases", "list_releases"]

REPOSITORY = "org/prj-02"

_NOT_SOURCE = ("node_modules", ".git")


@dataclass(frozen=True)
class Release:
    """A release of the application.

    Attributes:
        tag: As in ``v1.1.0``.
        patches: What makes it out of the App repository, in the order they apply; none for the first release.
        behaviour: What it does once deployed: ``good``, ``never-ready`` or ``wrong-answer``.
        summary: What changed, one sentence.
    """

    tag: str
    patches: tuple[Path, ...]
    behaviour: str
    summary: str


def list_releases(directory: Path | None = None) -> tuple[Release, ...]:
    """The releases that ``releases.toml`` names, in its order.

    Args:
        directory: Where that file and its patches lie; by default notebook 05's.

    Raises:
        LabError: A release is built on one that is not named before it.
    """
    directory = directory or labs_directory() / "lab_05_first_deploy" / "releases"
    releases: dict[str, Release] = {}
    for entry in tomllib.loads((directory / "releases.toml").read_text())["release"]:
        patches = _patches(entry, releases, directory)
        releases[entry["tag"]] = Release(entry["tag"], patches, entry["behaviour"], entry["summary"])
    return tuple(releases.values())


def ensure_releases(registry: Registry, report: Callable[[str], None]) -> dict[str, str]:
    """Push all releases to a registry, building them first where needed, and return each tag's digest.

    Raises:
        LabError: A patch does not apply, a build failed, or the registry does not take the images.
    """
    layout = build_releases(report)
    releases = list_releases()
    report(_("pushing {count} releases of {repository}").format(count=len(releases), repository=REPOSITORY))
    # Notebooks that start at once all want them pushed: one does it, and the others find it done.
    with exclusively(layout.directory):
        return {
            release.tag: push(layout, layout.image(_reference(release)), registry, REPOSITORY, release.tag)
            for release in releases
        }


def build_releases(report: Callable[[str], None]) -> ImageLayout:
    """Build all releases where their source has changed since they were, and return the images.

    Raises:
        LabError: A patch does not apply or a build failed.
    """
    releases = list_releases()
    source = app_directory() / "prj_02"
    patches = [patch for release in releases for patch in release.patches]
    tags = [f"{release.tag} {len(release.patches)}" for release in releases]
    key = content_key(base_image.recipe_key(), Path(on_disk.__file__), *tags, *patches, *_source_content(source))

    def make(part: Path) -> None:
        part.mkdir()
        _build(releases, source, part, report)

    return ImageLayout(once(cache_directory() / "images" / f"prj-02-{key}", make) / "layout")


def _build(releases: tuple[Release, ...], source: Path, directory: Path, report: Callable[[str], None]) -> None:
    builder = choose_builder()
    layout = ImageLayout(directory / "layout")
    arguments = _base_arguments(builder, report)
    for release in releases:
        reference = _reference(release)
        report(_("building {reference}").format(reference=reference))
        with tempfile.TemporaryDirectory(dir=directory) as work:
            context = _patched(source, release, Path(work) / "prj_02")
            builder.build(context, reference, {**arguments, "VERSION": release.tag})
            archive = Path(work) / "image.tar"
            builder.save(reference, archive)
            layout.add_docker_archive(reference, archive)


def _base_arguments(builder: Builder, report: Callable[[str], None]) -> dict[str, str]:
    if base_image.public_registry_reachable():
        return {}
    return {"BASE_IMAGE": base_image.node_base_image(builder, report)}


def _patched(source: Path, release: Release, directory: Path) -> Path:
    shutil.copytree(source, directory, ignore=shutil.ignore_patterns(*_NOT_SOURCE))
    for patch in release.patches:
        # A repository further up must not make git take the patch's paths as its own.
        ceiling = {"GIT_CEILING_DIRECTORIES": str(directory.parent)}
        shell.run(["git", "apply", patch], cwd=directory, env=ceiling, next_step=f"less {patch}")
    return directory


def _patches(entry: dict[str, str], known: dict[str, Release], directory: Path) -> tuple[Path, ...]:
    if "base" not in entry:
        return ()
    if entry["base"] not in known:
        reason = _("is built on {base}, which is not named before it").format(base=entry["base"])
        raise LabError(reason, object=entry["tag"], next_step=f"less {directory / 'releases.toml'}")
    return (*known[entry["base"]].patches, directory / entry["patch"])


def _source_content(source: Path) -> Iterator[str | Path]:
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source)
        if path.is_file() and not set(_NOT_SOURCE) & set(name.parts):
            yield name.as_posix()
            yield path


def _reference(release: Release) -> str:
    return f"ghcr.io/{REPOSITORY}:{release.tag}"

"""The images of applications: built where a source has changed, kept in the cache, and pushed to a registry."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from lab_helpers.files import content_key, once
from lab_helpers.images import base_image
from lab_helpers.images import layout as on_disk
from lab_helpers.images import registry as registries
from lab_helpers.images.applications import Application, source_files, write_source
from lab_helpers.images.bases import BASES
from lab_helpers.images.builders.base import Builder
from lab_helpers.images.builders.choose import choose_builder
from lab_helpers.images.layout import ImageLayout
from lab_helpers.images.registry import Registry
from lab_helpers.language import gettext as _
from lab_helpers.locks import exclusively
from lab_helpers.paths import cache_directory

__all__ = ["build", "push"]


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
    key = content_key(base_image.recipe_key(application.base), Path(on_disk.__file__), *_content(application))

    def make(part: Path) -> None:
        part.mkdir()
        _build(application, part, report)

    return ImageLayout(once(cache_directory() / "images" / f"{application.name}-{key}", make) / "layout")


def _build(application: Application, directory: Path, report: Callable[[str], None]) -> None:
    builder = choose_builder()
    layout = ImageLayout(directory / "layout")
    arguments = _base_arguments(application, builder, report)
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


def _base_arguments(application: Application, builder: Builder, report: Callable[[str], None]) -> dict[str, str]:
    if base_image.public_registry_reachable() and not BASES[application.base].tools:
        return {}
    requirements = [application.requirements] if application.requirements else []
    return {"BASE_IMAGE": base_image.make(application.base, builder, report, *requirements)}


def _content(application: Application) -> Iterator[str | Path]:
    """All that an application's images follow from, but for their base."""
    for release in application.releases:
        yield " ".join([application.reference(release), *(overlay.name for overlay in release.overlays)])
    overlays = {overlay for release in application.releases for overlay in release.overlays}
    for source in (application.directory, *sorted(overlays)):
        for file in source_files(source):
            yield file.relative_to(application.directory).as_posix()
            yield file

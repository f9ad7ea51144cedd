"""Make the image of the lab: a layer for each of its parts, what changes most often last, and hand it to Docker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from lab_helpers import checkout, paths, shell, versions
from lab_helpers.distribution import contents, revision
from lab_helpers.distribution.image import environment, layers, materials, root
from lab_helpers.distribution.image.recipe import CACHE, CHECKOUT, configuration
from lab_helpers.files import workplace
from lab_helpers.images.builders.choose import find_storage
from lab_helpers.images.layout import Blob, ImageLayout
from lab_helpers.language import gettext as _

__all__ = ["DEFAULT_TAG", "build"]

DEFAULT_TAG = f"kubernetes-lab:{versions.TEMPLATE}"
"""What the image is called by default."""

_PROGRAMS = "binaries"  # the directory of the cache that has the lab's programs; the rest is made of them


def build(tag: str, report: Callable[[str], None]) -> None:
    """Make the image of what is committed, and load it into Docker, or else into buildah's storage.

    Args:
        tag: What it is called.
        report: Told what happens.

    Raises:
        LabError: It cannot be made on this machine, something is not committed, or a part cannot be fetched or built.
    """
    root.expect_machine()
    storage = find_storage()
    source = checkout.source_directory()
    commit = revision.committed(source)
    entries = contents.entries(report)
    debian = root.archive(source, report)
    with workplace(paths.cache_directory() / "distribution" / "image") as work:
        report(_("installing the Python environment"))
        root.unpack(debian, work / "root")
        created = _commit_time(source, commit)
        site_packages = environment.install(source, commit, work / "root")
        materials.write(work / "root", site_packages, commit, created)
        report(_("writing the layers"))
        layout = ImageLayout(work / "layout")
        config = configuration(versions.TEMPLATE, commit, created)
        image = layout.add_image(tag, config, _layers(layout, debian, entries, work / "root"))
        layout.write_docker_archive(tag, image, work / "image.tar")
        report(_("loading {tag} into {storage}").format(tag=tag, storage=storage.program))
        storage.load(tag, work / "image.tar")


def _layers(layout: ImageLayout, debian: Path, entries: Sequence[Path], directory: Path) -> list[Blob]:
    with debian.open("rb") as archive:
        lowest = layout.add_layer(archive)
    cache = paths.cache_directory()
    below = f"{CACHE}/{cache.name}"
    programs = [entry for entry in entries if entry.parts[0] == _PROGRAMS]
    others = [entry for entry in entries if entry.parts[0] != _PROGRAMS]
    python = f"{CHECKOUT}/.venv"
    return [
        lowest,
        layers.add(layout, cache, programs, below=below),
        layers.add(layout, cache, others, below=below),
        layers.add(layout, directory, [Path(python)]),
        layers.add(layout, directory, [Path(CHECKOUT), Path(materials.PLACE)], without=[python]),
    ]


def _commit_time(source: Path, commit: str) -> str:
    """When a commit was made, in UTC, as RFC 3339 and SPDX have it."""
    form = ["--no-patch", "--format=%cd", "--date=format-local:%Y-%m-%dT%H:%M:%SZ"]
    return shell.run(["git", "-C", source, "show", *form, commit], env={"TZ": "UTC0"}).stdout.strip()

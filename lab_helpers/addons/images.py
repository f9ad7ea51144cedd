"""The images of an add-on: made once, kept in the cache, and pushed to a lab's registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import paths, programs
from lab_helpers.addons import pages
from lab_helpers.addons.contract import Addon, ProgramImage
from lab_helpers.cluster.base import Cluster, Report
from lab_helpers.files import content_key, once
from lab_helpers.images import debian, program_image
from lab_helpers.images import registry as registries
from lab_helpers.images.layout import ImageLayout
from lab_helpers.language import gettext as _

__all__ = ["build", "push"]

_OWNER = "kubernetes-lab"


@dataclass(frozen=True)
class _Built:
    """An image in the cache.

    Attributes:
        directory: Its OCI layout.
        repository: Where it lies in every registry.
        tag: Names its content.
    """

    directory: Path
    repository: str
    tag: str

    @property
    def reference(self) -> str:
        """What it is called."""
        return f"{registries.HOST}/{self.repository}:{self.tag}"


def build(addon: Addon, report: Report) -> None:
    """Build what the images of an add-on are made of, and the images, where the cache lacks them.

    Raises:
        LabError: A program or a Debian package is not to be had.
    """
    for name, image in addon.images.items():
        _build(name, image, report)


def push(addon: Addon, cluster: Cluster, report: Report) -> Mapping[str, str]:
    """Push the images of an add-on that the nodes do not have already, built where the cache lacks them.

    Returns:
        What each is called in the cluster, by what the manifests call it.

    Raises:
        LabError: One cannot be built, or the registry does not take it.
    """
    references = dict(cluster.node_images)
    registry = cluster.registry
    for name, image in addon.images.items():
        if name in references:
            continue
        built = _build(name, image, report)
        layout = ImageLayout(built.directory)
        registries.push(layout, layout.image(built.reference), registry, built.repository, built.tag)
        references[name] = built.reference
    return references


def _build(name: str, image: ProgramImage, report: Report) -> _Built:
    files = programs.resolve(report, *image.programs)
    chosen = {program: files[program] for program in image.programs}
    unpacked = debian.unpack_root(*image.packages, without=image.without) if image.packages else None
    roots = [unpacked.root] if unpacked else []
    built_pages = [pages.build(image.pages, report)] if image.pages else []
    versions = [*(unpacked.versions if unpacked else ()), *(directory.name for directory in built_pages)]
    key = content_key(*program_image.FILES, *chosen, *chosen.values(), *versions)
    short = name.rpartition("/")[2]
    built = _Built(paths.cache_directory() / "images" / f"addon-{short}-{key}", f"{_OWNER}/{short}", key)

    def make(part: Path) -> None:
        report(_("making image {reference}").format(reference=built.reference))
        program_image.write(ImageLayout(part), built.reference, chosen, [*roots, *built_pages])

    once(built.directory, make)
    return built

"""Push local images to the registry of a lab."""

from __future__ import annotations

import tempfile
from pathlib import Path

from lab_helpers.errors import LabError
from lab_helpers.images.builders.choose import find_storage
from lab_helpers.images.layout import ImageLayout
from lab_helpers.images.registry import Registry, push
from lab_helpers.language import gettext as _

__all__ = ["load"]

_OWNER = "loaded"


def load(image: str | Path, registry: Registry) -> str:
    """Push an image, and return its reference for the nodes.

    Args:
        image: A reference in the storage of Docker, or else buildah or podman; or the path of an archive.
        registry: The registry.

    Raises:
        LabError: There is no such image.
    """
    reference = _reference(image, registry)
    with tempfile.TemporaryDirectory() as directory:
        archive = _archive(image, Path(directory) / "image.tar")
        layout = ImageLayout(Path(directory) / "layout")
        push(layout, layout.add_docker_archive(reference, archive), registry, *registry.locate(reference))
    return reference


def _reference(image: str | Path, registry: Registry) -> str:
    """The image's reference in the registry; one that names the registry already stays, as manifests use it."""
    name = f"{image.stem}:loaded" if isinstance(image, Path) else image.partition("@")[0]
    last = name.rpartition("/")[2]
    tag = "" if ":" in last else ":latest"
    if name.startswith(f"{registry.host}/"):
        return f"{name}{tag}"
    return f"{registry.host}/{_OWNER}/{last}{tag}".lower()


def _archive(image: str | Path, target: Path) -> Path:
    if isinstance(image, Path):
        if not image.is_file():
            raise LabError(_("no such archive"), object=str(image), next_step=f"docker save --output {image} IMAGE")
        return image
    storage = find_storage()
    if not storage.has(image):
        if Path(image).is_file():
            raise LabError(
                _("is a file: an archive is given as a path"),
                object=image,
                next_step=f"load_docker_image(Path({image!r}))",
            )
        raise LabError(
            _("no such image here, says {program}").format(program=storage.program),
            object=image,
            last_event=storage.docker_missing,
            next_step=f"{storage.program} build --tag {image} .",
        )
    storage.save(image, target)
    return target

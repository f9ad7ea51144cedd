"""Which builder there is: Docker where its daemon answers, else buildah."""

from __future__ import annotations

from pathlib import Path

from lab_helpers import container, shell
from lab_helpers.errors import LabError
from lab_helpers.images.builders.base import Builder, NoBuilder
from lab_helpers.images.builders.buildah import BuildahBuilder
from lab_helpers.images.builders.docker import DockerBuilder
from lab_helpers.language import gettext as _
from lab_helpers.paths import cache_directory, state_directory

__all__ = ["choose_builder", "find_storage"]


def choose_builder() -> Builder:
    """What the lab builds with: Docker if its daemon answers, else buildah with a storage of the lab's own.

    Raises:
        LabError: Neither is here.
    """
    # In a container the cache lies on layers of its image, on which no others can be laid, and ends with it.
    root = state_directory() if container.is_container() else cache_directory()
    return _choose(root / "buildah")


def find_storage() -> Builder:
    """Where the images are that the user built: with Docker if its daemon answers, else with buildah or podman.

    Raises:
        LabError: Neither is here.
    """
    return _choose(None)


def _choose(storage: Path | None) -> Builder:
    try:
        return DockerBuilder.connect()
    except LabError as error:
        missing = f"{error.object}: {error.reason}"
    if shell.find("buildah") is not None:
        return BuildahBuilder(storage, missing)
    raise NoBuilder(
        _("nothing here builds images: no Docker daemon answers and there is no buildah"),
        object=_("images"),
        last_event=missing,
        next_step="apt-get install --no-install-recommends buildah",
    )

"""What a builder of images does, whichever it is."""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from lab_helpers.errors import LabError
from lab_helpers.images import registry as registries
from lab_helpers.images.layout import ImageLayout

__all__ = ["Builder", "NoBuilder", "failed"]


class NoBuilder(LabError):
    """Nothing on this machine builds images."""


class Builder(ABC):
    """Builds images into a storage of its own and hands them over as files.

    Attributes:
        program: What one types to do the same.
        docker_missing: Why it is not Docker; empty where it is, or where that was not looked for.
    """

    program: str
    docker_missing = ""

    @abstractmethod
    def has(self, reference: str) -> bool:
        """Whether the storage holds an image of that reference."""

    @abstractmethod
    def build(self, context: Path, reference: str, arguments: Mapping[str, str]) -> None:
        """Build the Dockerfile of a directory.

        Args:
            context: The directory; its Dockerfile is called ``Dockerfile``.
            reference: What the image is called.
            arguments: Build arguments (``ARG``); they stay visible in the image, so never a secret.

        Raises:
            LabError: The build failed; the last event is the end of what it printed.
        """

    @abstractmethod
    def tag(self, reference: str, name: str) -> None:
        """Give an image of the storage another name."""

    @abstractmethod
    def save(self, reference: str, archive: Path) -> None:
        """Write an image as a file, as ``docker save`` does."""

    @abstractmethod
    def load(self, reference: str, archive: Path) -> None:
        """Take the image of a file that ``docker save`` or its like wrote."""

    @property
    def command(self) -> list[str]:
        """What one types, as arguments, to work with the same images."""
        return [self.program]

    def push(self, reference: str, registry: registries.Registry) -> str:
        """Push an image to the registry its reference names, and return its digest there.

        The image goes from this process to the registry's address. Neither builder does it itself: Docker's
        daemon would have to be told, for the whole machine, to trust the lab's registry.

        Raises:
            LabError: The reference names another registry, or this one does not take the image.
        """
        with tempfile.TemporaryDirectory() as directory:
            archive = Path(directory) / "image.tar"
            self.save(reference, archive)
            layout = ImageLayout(Path(directory) / "layout")
            image = layout.add_docker_archive(reference, archive)
            return registries.push(layout, image, registry, *registry.locate(reference))


def failed(printed: str, reference: str, command: str, reason: str) -> LabError:
    """The error of a builder that did not do what it was asked for, with the end of what it printed."""
    last = "\n".join(printed.strip().splitlines()[-20:])
    return LabError(reason, object=reference, last_event=last, next_step=command)

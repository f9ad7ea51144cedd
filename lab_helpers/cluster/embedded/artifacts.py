"""What every embedded cluster is made of: programs, system images, and containerd's store with the images unpacked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import paths
from lab_helpers.cluster.base import Report
from lab_helpers.cluster.embedded import doctor, image_store
from lab_helpers.images.system import SystemImage, system_images
from lab_helpers.programs import Programs, resolve

__all__ = ["EmbeddedArtifacts", "gather"]


@dataclass(frozen=True)
class EmbeddedArtifacts:
    """What every cluster is made of, whatever its name.

    Attributes:
        programs: The programs by name.
        images: The images a node has before its first pod.
        archives: The files the images are imported from.
        snapshotter: How containerd lays image layers over each other.
        image_store: containerd's store with the images unpacked; None where each node imports them.
    """

    programs: Programs
    images: Sequence[SystemImage]
    archives: Sequence[Path]
    snapshotter: str
    image_store: Path | None

    def reference(self, name: str) -> str:
        """The full reference of one of the images."""
        return next(image.reference for image in self.images if image.name == name)


def gather(names: Sequence[str], report: Report) -> EmbeddedArtifacts:
    """Find, fetch or build what a cluster is made of; quick when it has been done before.

    Args:
        names: The programs whose images nodes are given beside their own.
        report: Told what happens.
    """
    programs = resolve(report, *doctor.PROGRAMS, *names)
    images = system_images({name: programs[name] for name in names}, report)
    snapshotter = doctor.snapshotter(paths.state_directory())
    archives = sorted({image.archive for image in images})
    return EmbeddedArtifacts(
        programs, images, archives, snapshotter, image_store.prepared(programs, archives, snapshotter, report)
    )

"""What every embedded cluster is made of: programs, system images, and containerd's store with the images unpacked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lab_helpers import files, paths
from lab_helpers.cluster.base import Report
from lab_helpers.cluster.embedded import doctor, image_store
from lab_helpers.images.system import SystemImage, system_images
from lab_helpers.programs import resolve

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

    programs: Mapping[str, Path]
    images: Sequence[SystemImage]
    archives: Sequence[Path]
    snapshotter: str
    image_store: Path | None

    def reference(self, name: str) -> str:
        """The full reference of one of the images."""
        return next(image.reference for image in self.images if image.name == name)

    def write(self, path: Path) -> None:
        """Write it as JSON, for nodes that join later: they are of the same version, whatever the cache holds then."""
        files.write(path, json.dumps(asdict(self), default=str, indent=2))

    @classmethod
    def read(cls, path: Path) -> EmbeddedArtifacts:
        """Read what ``write`` wrote.

        Raises:
            OSError: There is no such file.
            ValueError: Something else is in it.
            LookupError: The same.
            TypeError: The same.
        """
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            programs={name: Path(file) for name, file in content["programs"].items()},
            images=[SystemImage(**{**image, "archive": Path(image["archive"])}) for image in content["images"]],
            archives=list(map(Path, content["archives"])),
            snapshotter=content["snapshotter"],
            image_store=Path(content["image_store"]) if content["image_store"] else None,
        )


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
        programs.paths, images, archives, snapshotter, image_store.prepared(programs, archives, snapshotter, report)
    )

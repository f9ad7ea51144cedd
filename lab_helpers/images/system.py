"""The images a node of the embedded cluster has before its first pod, each made of one static program."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab_helpers.files import content_key, once
from lab_helpers.images import debian, rootfs
from lab_helpers.images.layout import ImageLayout
from lab_helpers.images.program_image import architecture
from lab_helpers.images.rootfs import RootFilesystem
from lab_helpers.language import gettext as _
from lab_helpers.paths import cache_directory

__all__ = ["PROGRAMS", "SystemImage", "system_images"]

PROGRAMS = ("coredns", "local-path-provisioner")
"""The programs that images are made of."""

_ARCHIVE = "system-images.tar"


@dataclass(frozen=True)
class SystemImage:
    """An image that nodes are given, not one they pull.

    Attributes:
        name: What it is: ``pause``, ``busybox``, or the name of a program.
        reference: How a pod names it, as in ``lab.local/pause:3f2a…``; the tag tells its content.
        archive: The file to import it from; one file holds all images.
    """

    name: str
    reference: str
    archive: Path


def system_images(programs: Mapping[str, Path], report: Callable[[str], None]) -> tuple[SystemImage, ...]:
    """Make the images once, and return them.

    Args:
        programs: Static programs by name, each of which becomes an image.
        report: Told when images are made.

    Raises:
        LabError: A Debian package they need cannot be fetched.
    """
    packages = debian.unpack("catatonit", "busybox-static")
    # The content of the files that write them stands for the recipe: a change there makes new images.
    recipe = (Path(__file__), Path(rootfs.__file__))
    key = content_key(*recipe, *packages.versions, *programs.values())

    def make(part: Path) -> None:
        report(_("making the system images"))
        part.mkdir()
        _write_archive(part / _ARCHIVE, key, programs, packages.root)

    archive = once(cache_directory() / "images" / f"system-{key}", make) / _ARCHIVE
    names = ("pause", "busybox", *programs)
    return tuple(SystemImage(name, _reference(name, key), archive) for name in names)


@dataclass(frozen=True)
class _Recipe:
    name: str
    config: Mapping[str, Any]
    fill: Callable[[RootFilesystem], None]


def _write_archive(path: Path, key: str, programs: Mapping[str, Path], packages: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as directory:
        layout = ImageLayout(Path(directory))
        for recipe in _recipes(programs, packages):
            with tempfile.TemporaryFile() as file:
                with rootfs.writing(file) as root:
                    recipe.fill(root)
                file.seek(0)
                layer = layout.add_layer(file)
            config = {"architecture": architecture(), "os": "linux", "config": recipe.config}
            layout.add_image(_reference(recipe.name, key), config, [layer])
        layout.write_archive(path)


def _recipes(programs: Mapping[str, Path], packages: Path) -> Iterator[_Recipe]:
    def pause(root: RootFilesystem) -> None:
        root.add_tree(packages, only=("usr/bin/catatonit", "usr/share/doc/catatonit"))

    def busybox(root: RootFilesystem) -> None:
        root.add_tree(packages, only=("bin/busybox", "usr/share/doc/busybox-static"))
        root.add_applets(packages / "bin/busybox")
        root.add_directory("tmp", 0o1777)

    # In its pause mode catatonit holds a pod's namespaces, reaps orphans in them and ends on SIGTERM.
    yield _Recipe("pause", {"Entrypoint": ["/usr/bin/catatonit", "-P"], "User": "65535:65535"}, pause)
    yield _Recipe("busybox", {"Cmd": ["/bin/sh"], "Env": ["PATH=/bin"]}, busybox)
    for name, program in programs.items():
        yield _Recipe(name, {"Entrypoint": [f"/usr/bin/{name}"], "Env": ["PATH=/usr/bin"]}, _single(program, name))


def _single(program: Path, name: str) -> Callable[[RootFilesystem], None]:
    def fill(root: RootFilesystem) -> None:
        root.add_file(f"usr/bin/{name}", program, 0o755)
        root.add_directory("tmp", 0o1777)

    return fill


def _reference(name: str, key: str) -> str:
    return f"lab.local/{name}:{key}"

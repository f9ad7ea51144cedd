"""An image without a base: static programs in ``/usr/bin``, the files of Debian packages, and nothing else."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from lab_helpers.images import rootfs
from lab_helpers.images.layout import Image, ImageLayout

__all__ = ["FILES", "architecture", "write"]

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

FILES = (Path(__file__), Path(rootfs.__file__))
"""The files that write an image: their content stands for how it is made, and a change there makes another."""


def write(layout: ImageLayout, reference: str, programs: Mapping[str, Path], roots: Iterable[Path] = ()) -> Image:
    """Make an image that runs the first of the programs; without one, its pods name the command.

    Args:
        layout: Takes the image.
        reference: What it is called.
        programs: The static programs, by name.
        roots: Directories of which each holds what ``/`` has beside them.
    """
    with tempfile.TemporaryFile() as file:
        with rootfs.writing(file) as root:
            for directory in roots:
                root.add_tree(directory)
            for name, program in programs.items():
                root.add_file(f"usr/bin/{name}", program, 0o755)
            root.add_directory("tmp", 0o1777)
        file.seek(0)
        layer = layout.add_layer(file)
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    config = {"Env": [f"PATH={path}"], **({"Entrypoint": [f"/usr/bin/{next(iter(programs))}"]} if programs else {})}
    return layout.add_image(reference, {"architecture": architecture(), "os": "linux", "config": config}, [layer])


def architecture() -> str:
    """This machine's, as images name it."""
    return _ARCHITECTURES.get(platform.machine(), platform.machine())

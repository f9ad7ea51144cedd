"""Layers of the image: directories of this machine as tar archives, the same bytes for the same files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO, cast

from lab_helpers import shell
from lab_helpers.errors import CommandFailed
from lab_helpers.images.layout import Blob, ImageLayout

__all__ = ["add"]

_TAR = (
    "tar",
    "--create",
    "--format=posix",
    "--pax-option=delete=atime,delete=ctime",
    "--sort=name",
    "--mtime=@0",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
)


def add(
    layout: ImageLayout, directory: Path, entries: Iterable[Path], *, below: str = "", without: Sequence[str] = ()
) -> Blob:
    """Add a layer.

    Args:
        layout: The image's.
        directory: Where the entries lie.
        entries: Files and directories, with all below them, relative to ``directory``.
        below: Where they lie in the image, relative to the root; by default where ``directory`` is the root.
        without: Patterns of paths that are left out.

    Raises:
        CommandFailed: A file cannot be read.
    """
    # A link's text stays what it is (S), a second name of a file moves with the first.
    moved = [f"--transform=s,^,{below}/,S"] if below else []
    options = [*_TAR, *moved, *(f"--exclude={pattern}" for pattern in without), f"--directory={directory}"]
    command = [*options, "--", *map(str, sorted(entries))]
    with shell.start(command, stdout=subprocess.PIPE) as tar:
        layer = layout.add_layer(cast("TextIO", tar.stdout).buffer)
    if tar.returncode != 0:
        raise CommandFailed(command, tar.returncode, "")
    return layer

"""Copies of what nodes and the registry keep on disk: blocks and contents are shared where nothing changes them."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from lab_helpers import shell

__all__ = ["copy", "copy_images", "own_bytes"]

_BLOCK = 512


def copy(source: Path, target: Path) -> None:
    """Copy a file or a directory as it is: owners, modes, times, holes; on some file systems its blocks are shared."""
    shell.run(["cp", "--archive", "--reflink=auto", "--sparse=always", "--no-target-directory", source, target])


def copy_images(source: Path, target: Path) -> None:
    """Copy what a registry stores; what is named by its digest never changes, and is linked. Half a push stays out."""
    shutil.copytree(source, target, copy_function=_link_content, ignore=shutil.ignore_patterns("_uploads"))


def _link_content(source: str, target: str) -> None:
    if os.path.basename(source) == "data" and "/blobs/" in source:  # noqa: PTH119 - called for each of many files
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def own_bytes(directory: Path) -> int:
    """What a directory takes on the disk, without the files that are linked elsewhere, too."""
    return sum(
        status.st_blocks * _BLOCK
        for status in _statuses(directory)
        if not (stat.S_ISREG(status.st_mode) and status.st_nlink > 1)
    )


def _statuses(directory: Path) -> Iterator[os.stat_result]:
    for parent, directories, names in os.walk(directory):
        for name in (*directories, *names):
            try:
                yield Path(parent, name).lstat()
            except FileNotFoundError:  # whoever works there has just removed it
                continue

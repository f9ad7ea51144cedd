"""Unpack an archive, and nothing beside the directory it is unpacked into."""

from __future__ import annotations

import posixpath
import tarfile
from pathlib import Path

__all__ = ["unpack"]


def unpack(archive: Path, directory: Path) -> None:
    """Unpack the files and directories of a tar archive, and of its links those that stay within it.

    The filters of :mod:`tarfile` do the same, but came with Python 3.11.4; Debian 12 has 3.11.2.

    Args:
        archive: A tar archive.
        directory: Made where it is missing.
    """
    with tarfile.open(archive) as tar:
        # The members are chosen here; without this a newer Python warns, or chooses for itself.
        tar.extraction_filter = lambda member, _path: member
        tar.extractall(directory, [member for member in tar if _stays_inside(member)])  # noqa: S202 - chosen


def _stays_inside(member: tarfile.TarInfo) -> bool:
    target = posixpath.join(posixpath.dirname(member.name), member.linkname) if member.issym() else member.name
    first = Path(posixpath.normpath(target)).parts[:1]
    return (member.isreg() or member.isdir() or member.issym()) and first not in (("/",), ("..",))

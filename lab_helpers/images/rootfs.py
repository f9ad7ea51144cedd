"""A root file system written as a tar archive: owned by root whoever writes it, the same bytes every time."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lab_helpers import shell

__all__ = ["RootFilesystem", "writing"]

# Manual pages, translations and the like. Licences (usr/share/doc/*/copyright) stay: whoever gets the image gets them.
_NOT_NEEDED = ("usr/share/man", "usr/share/lintian", "usr/share/initramfs-tools", "usr/share/info", "usr/share/locale")
_DOCUMENTATION = "usr/share/doc"


class RootFilesystem:
    """What goes into the archive, in the order it is added; paths are relative to the root.

    Args:
        tar: An archive open for writing.
    """

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add_directory(self, path: str, mode: int = 0o755) -> None:
        """Add an empty directory."""
        entry = _entry(path, mode)
        entry.type = tarfile.DIRTYPE
        self._tar.addfile(entry)

    def add_file(self, path: str, content: str | Path, mode: int = 0o644) -> None:
        """Add a file from text or from a file of this machine."""
        entry = _entry(path, mode)
        if isinstance(content, str):
            encoded = content.encode()
            entry.size = len(encoded)
            self._tar.addfile(entry, io.BytesIO(encoded))
        else:
            entry.size = content.stat().st_size
            with content.open("rb") as file:
                self._tar.addfile(entry, file)

    def add_link(self, path: str, target: str) -> None:
        """Add a symbolic link."""
        entry = _entry(path, 0o777)
        entry.type = tarfile.SYMTYPE
        entry.linkname = target
        self._tar.addfile(entry)

    def add_tree(self, root: Path, *, only: tuple[str, ...] = ("",), without: tuple[str, ...] = ()) -> None:
        """Add what lies below ``root`` but manuals and documentation; licences stay.

        Args:
            root: What ``/`` will be.
            only: Beginnings of the paths to add; by default everything.
            without: Patterns of paths that are left out, with all below them.
        """
        left_out = {path for pattern in without for path in root.glob(pattern)}
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if not name.startswith(only) or not _is_kept(name) or not left_out.isdisjoint((path, *path.parents)):
                continue
            if path.is_symlink():
                self.add_link(name, str(path.readlink()))
            elif path.is_dir():
                self.add_directory(name, path.stat().st_mode & 0o7777)
            else:
                self.add_file(name, path, path.stat().st_mode & 0o7777)

    def add_applets(self, busybox: Path) -> None:
        """Add a link in ``bin`` for each program that busybox (at ``bin/busybox``) can be."""
        for name in shell.run([busybox, "--list"]).stdout.split():
            if name != "busybox":
                self.add_link(f"bin/{name}", "/bin/busybox")


@contextmanager
def writing(file: IO[bytes]) -> Iterator[RootFilesystem]:
    """Write a root file system into a file open for writing."""
    with tarfile.open(fileobj=file, mode="w") as tar:
        yield RootFilesystem(tar)


def _is_kept(name: str) -> bool:
    if name.startswith(f"{_DOCUMENTATION}/"):
        return name.endswith("/copyright") or name.count("/") == _DOCUMENTATION.count("/") + 1
    return not name.startswith(_NOT_NEEDED)


def _entry(path: str, mode: int) -> tarfile.TarInfo:
    # A fresh entry belongs to root and was last changed in 1970: nothing of this machine or moment gets in.
    entry = tarfile.TarInfo(path)
    entry.mode = mode
    return entry

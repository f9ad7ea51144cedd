"""Files that are there whole or not at all: written in one step, or made once and kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab_helpers import cache, locks
from lab_helpers.errors import Unwritable

__all__ = ["content_key", "once", "symlink", "workplace", "write"]


def write(path: Path, content: str | bytes, *, private: bool = False) -> Path:
    """Replace a file by new content in one step; killed or failing in the middle, the old content stays.

    A link is followed; a pipe or a device, such as ``/dev/stdout``, is written to as it is.

    Args:
        path: The file, in a directory that exists.
        content: Text is written as UTF-8.
        private: Whether only its owner can read it (mode 0600), from its first byte on.

    Raises:
        Unwritable: No such directory, no right, no space.
    """
    encoded = content.encode() if isinstance(content, str) else content
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_bytes(encoded)
        else:
            with _replacing(target) as part:
                _create(part, encoded, 0o600 if private else 0o666)
    except OSError as error:
        raise Unwritable(path, error) from error
    return path


def symlink(path: Path, target: Path) -> None:
    """Make ``path`` a symbolic link to ``target`` in one step, whatever was there.

    Raises:
        Unwritable: It could not be made.
    """
    try:
        with _replacing(path) as part:
            part.symlink_to(target)
    except OSError as error:
        raise Unwritable(path, error) from error


def once(target: Path, make: Callable[[Path], None]) -> Path:
    """Return ``target``, and make it first where it is missing.

    ``make`` gets another path beside it, which becomes ``target`` by one rename. So whoever finds ``target``
    finds it whole, though a maker may have been killed, and two labs that want it at once make it once.

    Args:
        target: A file or directory whose name tells its content, so that it never needs to change.
        make: Writes a file or makes a directory at the path it is given.
    """
    cache.note(target)
    if target.exists():
        return target
    with locks.exclusively(target):
        if not target.exists():
            with _cleared(target.with_name(target.name + ".part")) as part:
                make(part)
                part.rename(target)
    return target


@contextmanager
def workplace(path: Path) -> Iterator[Path]:
    """An empty directory to work in, nobody else's meanwhile and gone afterwards.

    What a killed process left there is removed by the next one.
    """
    with locks.exclusively(path), _cleared(path):
        path.mkdir()
        yield path


def content_key(*parts: str | Path) -> str:
    """A short name for content: sixteen hexadecimal digits that differ when any part does.

    Args:
        parts: Text, or files, of which the content counts and the path does not.
    """
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            with part.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256")
        else:
            digest = hashlib.sha256(part.encode())
        total.update(digest.digest())
    return total.hexdigest()[:16]


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A path beside ``target``, this thread's own, that becomes ``target`` at the end of the block."""
    part = target.with_name(f".{target.name}.{threading.get_native_id()}")
    part.unlink(missing_ok=True)  # of a killed process that had this number
    try:
        yield part
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _create(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


@contextmanager
def _cleared(path: Path) -> Iterator[Path]:
    _remove(path)
    try:
        yield path
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

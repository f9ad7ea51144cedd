"""What is made once and kept: a file or directory in the cache that is there whole or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["content_key", "exclusively", "once", "workplace"]


def once(target: Path, make: Callable[[Path], None]) -> Path:
    """Return ``target``, and make it first where it is missing.

    ``make`` gets another path beside it, which becomes ``target`` by one rename. So whoever finds ``target``
    finds it whole, though a maker may have been killed, and two labs that want it at once make it once.

    Args:
        target: A file or directory whose name tells its content, so that it never needs to change.
        make: Writes a file or makes a directory at the path it is given.
    """
    if target.exists():
        return target
    with exclusively(target):
        if not target.exists():
            with _cleared(target.with_name(target.name + ".part")) as part:
                make(part)
                part.rename(target)
    return target


@contextmanager
def exclusively(path: Path) -> Iterator[None]:
    """One process at a time does what is inside; the others wait for it.

    Args:
        path: What the work is on; the lock lies beside it.
    """
    # The kernel gives the lock back when its holder ends, however it ends.
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def workplace(path: Path) -> Iterator[Path]:
    """An empty directory to work in, nobody else's meanwhile and gone afterwards.

    What a killed process left there is removed by the next one.
    """
    with exclusively(path), _cleared(path):
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
                one = hashlib.file_digest(file, "sha256")
        else:
            one = hashlib.sha256(part.encode())
        total.update(one.digest())
    return total.hexdigest()[:16]


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

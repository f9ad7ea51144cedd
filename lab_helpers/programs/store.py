"""The cache of programs: directories named by what they were made from, filled by one lab at a time."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lab_helpers import cache, locks, paths
from lab_helpers.language import gettext as _

__all__ = ["exclusive", "find", "publish", "root"]

_PARTIAL = "partial-"


def root() -> Path:
    """Where the directories lie."""
    return paths.cache_directory() / "binaries"


def find(key: str, name: str) -> Path | None:
    """A program made before from what ``key`` stands for."""
    path = root() / key / name
    if not (path.is_file() and os.access(path, os.X_OK)):
        return None
    cache.note(path)
    return path


def publish(finished: Path, names: Iterable[str], key: str) -> dict[str, Path]:
    """Move programs from a directory of the scratch directory into the cache; each appears whole or not at all."""
    directory = root() / key
    directory.mkdir(exist_ok=True)
    for name in names:
        (finished / name).chmod(0o755)
        (finished / name).rename(directory / name)
    return {name: directory / name for name in names}


@contextmanager
def exclusive(report: Callable[[str], None]) -> Iterator[Path]:
    """Keep other labs from filling the cache, and lend a scratch directory on its file system.

    The kernel drops the lock with the process that holds it, so that a killed lab blocks nobody; what it left
    half made is removed first.
    """
    root().mkdir(parents=True, exist_ok=True)
    with (root() / "lock").open("w") as lock:
        _take_turn(lock, report)
        for leftover in root().glob(f"{_PARTIAL}*"):
            _remove(leftover)
        scratch = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=root()))
        try:
            yield scratch
        finally:
            _remove(scratch)


def _take_turn(lock: TextIO, report: Callable[[str], None]) -> None:
    # Who waits for the lock holds the turn meanwhile: who lets go of the lock, and wants it again at once, comes after.
    with (root() / "turn").open("w") as turn:
        if not (locks.try_lock(turn) and locks.try_lock(lock)):
            report(_("waiting: other programs are being fetched or built"))
            locks.lock(turn)
            locks.lock(lock)


def _remove(directory: Path) -> None:
    # A compiler that outlives its killed `go` for a moment may still write here: the next lab removes it.
    shutil.rmtree(directory, ignore_errors=True)

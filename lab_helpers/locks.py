"""Exclusive file locks between processes; a lock is released when its process ends, in whatever way."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lab_helpers.errors import LabError, Unwritable
from lab_helpers.language import gettext as _

__all__ = ["exclusively", "hold", "is_held", "lock", "open_locked", "take", "try_lock"]


def lock(file: TextIO | int) -> None:
    """Lock an open file, once nobody else holds it; until it is closed, by each process that has inherited it as well.

    Args:
        file: The file, or its descriptor.
    """
    fcntl.flock(file, fcntl.LOCK_EX)


def try_lock(file: TextIO | int) -> bool:
    """Lock an open file as ``lock`` does, but do not wait: False where another process holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def open_locked(path: Path) -> TextIO | None:
    """Open a file that may be removed by whoever holds it, and lock it; None where another process holds it.

    Args:
        path: The file; made where it is missing, in a directory that exists.

    Raises:
        OSError: It cannot be opened.
    """
    while True:
        file = path.open("a+", encoding="utf-8")
        if not try_lock(file):
            file.close()
            return None
        if _is_same_file(path, file):
            return file
        file.close()  # its last holder removed it after it was opened here


@contextmanager
def exclusively(path: Path, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """One process at a time does what is inside; the others wait for it.

    Args:
        path: What the work is on; the lock lies beside it.
        on_wait: Called where another process is at it, before it is waited for.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as file:
        if not try_lock(file):
            on_wait()
            lock(file)
        yield


def take(path: Path, purpose: str, *, object: str, next_step: str) -> TextIO:  # noqa: A002
    """Lock a file until the returned file is closed, or this process ends.

    Args:
        path: The file; created, with its directory, if missing.
        purpose: What it is locked for, in a word or two that the error of another process shows.
        object: The object of the error when another process holds the lock.
        next_step: The next step of that error.

    Raises:
        LabError: Another process holds the lock.
        Unwritable: The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open_locked(path)
    except OSError as error:
        raise Unwritable(Path(error.filename or path), error) from error
    if file is None:
        reason = _("is in use: {holder}").format(holder=_holder(path))
        raise LabError(reason, object=object, next_step=next_step)
    file.truncate(0)
    file.write(_("process {pid} ({doing}), since {time}").format(pid=os.getpid(), doing=purpose, time=_time_of_day()))
    file.flush()
    return file


@contextmanager
def hold(path: Path, purpose: str, *, object: str, next_step: str) -> Iterator[None]:  # noqa: A002
    """Lock a file for the duration of the context and delete it afterwards. See ``take``.

    Raises:
        LabError: Another process holds the lock, or the file cannot be written.
    """
    with take(path, purpose, object=object, next_step=next_step):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def is_held(path: Path) -> bool:
    """Whether a process holds the lock of a file."""
    try:
        with path.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _is_same_file(path: Path, file: TextIO) -> bool:
    try:
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") or _("another process")
    except FileNotFoundError:  # it has just ended
        return _("another process")


def _time_of_day() -> str:
    return time.strftime("%H:%M:%S")

"""Exclusive file locks between processes; a lock is released when its process ends, in whatever way."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["hold", "is_held", "take"]


def take(path: Path, purpose: str, *, object: str, next_step: str) -> TextIO:  # noqa: A002
    """Lock a file until the returned file is closed, or this process ends.

    Args:
        path: The file; created, with its directory, if missing.
        purpose: What it is locked for, in a word or two that the error of another process shows.
        object: The object of the error when another process holds the lock.
        next_step: The next step of that error.

    Raises:
        LabError: Another process holds the lock, or the file cannot be written.
    """
    try:
        file = _open(path)
        while not _is_same_file(path, file):  # the last holder deleted it after it was opened here
            file.close()
            file = _open(path)
    except BlockingIOError as error:
        reason = _("is in use: {holder}").format(holder=_holder(path))
        raise LabError(reason, object=object, next_step=next_step) from error
    except OSError as error:
        reason = _("cannot be written: {reason}").format(reason=error.strerror or error)
        raise LabError(reason, object=str(error.filename or path), next_step=f"ls -ld {path.parent}") from error
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


def _open(path: Path) -> TextIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        file.close()
        raise
    return file


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

"""Hold what only one process may use at a time; a hold ends with its process, however that ends."""

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


def take(path: Path, doing: str, *, object: str, next_step: str) -> TextIO:  # noqa: A002
    """Hold a file from now until what is returned is closed, or this process ends.

    Args:
        path: The file; made, with its directory, where it is missing.
        doing: What it is held for, in a word or two that another process can show.
        object: What whoever comes second is told that it is in use.
        next_step: What they may type instead.

    Raises:
        LabError: Another process holds it, or it cannot be written.
    """
    try:
        file = _open(path)
        while not _is_at(path, file):  # its last holder removed it after it was opened here
            file.close()
            file = _open(path)
    except BlockingIOError as error:
        told = _("is in use: {holder}").format(holder=_holder(path))
        raise LabError(told, object=object, next_step=next_step) from error
    except OSError as error:
        told = _("cannot be written: {reason}").format(reason=error.strerror or error)
        raise LabError(told, object=str(error.filename or path), next_step=f"ls -ld {path.parent}") from error
    file.truncate(0)
    file.write(_("process {pid} ({doing}), since {time}").format(pid=os.getpid(), doing=doing, time=_clock()))
    file.flush()
    return file


@contextmanager
def hold(path: Path, doing: str, *, object: str, next_step: str) -> Iterator[None]:  # noqa: A002
    """Hold a file inside; it is gone afterwards. See ``take``.

    Raises:
        LabError: Another process holds it, or it cannot be written.
    """
    with take(path, doing, object=object, next_step=next_step):
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def is_held(path: Path) -> bool:
    """Whether a process holds the file at this moment."""
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


def _is_at(path: Path, file: TextIO) -> bool:
    try:
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") or _("another process")
    except FileNotFoundError:  # it has just ended
        return _("another process")


def _clock() -> str:
    return time.strftime("%H:%M:%S")

"""The lock of a lab: held while its cluster is made or deleted, by one process at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from lab_helpers import locks, paths, wait
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["Locked", "hold", "is_held", "tidy"]

_DELETES = "deletes"  # what the file of a lock says beside its holder's process
_DELETION_SECONDS = 180.0  # longer than any keeper may take


class Locked(LabError):
    """Another process makes the lab's cluster, which is not yet anybody else's to use."""


def is_held(name: str) -> bool:
    """Whether a process makes or deletes the lab's cluster at this moment."""
    for file in _try_lock(paths.state_directory(name), name):
        if not isinstance(file, Locked):
            file.close()
            return False
    return True


@contextmanager
def hold(name: str, *, deletes: bool = False) -> Iterator[None]:
    """Hold a lab while its cluster is made or deleted; ends with the process, however that ends.

    A deletion by another process, a sweep perhaps, is waited for. A directory that holds nothing but the lock
    afterwards goes with it.

    Args:
        name: The lab's name.
        deletes: Whether it is held for a deletion.

    Raises:
        Locked: Another process makes the cluster.
        WaitTimeout: Another process has not deleted it in time.
    """
    directory = paths.state_directory(name)
    [file] = wait.until(
        lambda: _try_lock(directory, name),
        seconds=_DELETION_SECONDS,
        outcome="be gone",
        object=_("what lab {name} left").format(name=name),
        next_step=f"lab status --name {name}",
    )
    if isinstance(file, Locked):
        raise file
    with file:
        file.truncate(0)
        file.write(f"{os.getpid()} {_DELETES if deletes else ''}")
        file.flush()
        try:
            yield
        finally:
            _remove_unused(directory)


def tidy(name: str) -> None:
    """Remove a lab's directory where nothing is left in it but the lock, and nobody holds that."""
    directory = paths.state_directory(name)
    if directory.exists():
        for file in _try_lock(directory, name):
            if not isinstance(file, Locked):
                with file:
                    _remove_unused(directory)


def _try_lock(directory: Path, name: str) -> list[TextIO | Locked]:
    """The lock's file, or who makes the cluster; nothing where one is to look again.

    Returned, for an error that is raised would mean to ``wait.until`` that one is to look again.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = locks.open_locked(directory / "lock")
        if file is not None:
            return [file]
        pid, _space, does = (directory / "lock").read_text(encoding="utf-8").partition(" ")
    except (FileNotFoundError, FileExistsError):
        return []  # its last holder removed the directory in between
    if does == _DELETES or not Path("/proc", pid or "none").exists():
        return []  # whoever holds it has yet to say so, where the text is an earlier holder's
    reason = _("is being created by process {pid}").format(pid=pid)
    return [Locked(reason, object=_("lab {name}").format(name=name), next_step=f"lab status --name {name}")]


def _remove_unused(directory: Path) -> None:
    with suppress(OSError):  # somebody else opens it at this moment, and it is theirs to remove
        if [entry.name for entry in directory.iterdir()] == ["lock"]:
            (directory / "lock").unlink()
            directory.rmdir()

"""Records of clusters: what is on disk so that the next command, or the next day, knows what runs and what is left."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TextIO

from lab_helpers import paths
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["Locked", "Record", "complete", "expect_complete", "load", "lock", "names", "path", "remove", "save", "tidy"]


class Locked(LabError):
    """Another process makes or deletes the lab's cluster."""


@dataclass(frozen=True)
class Record:
    """What is known of a cluster.

    Attributes:
        name: The lab's name.
        provider: Who made it.
        created: When, as seconds since the epoch.
        kubernetes: The version of its API server.
        details: What its provider needs to find it again; plain JSON values.
        kept: Whether it is to live until it is deleted by name; what nobody asked to keep goes with whoever made it.
        made: Whether it is complete; before, nobody but its maker can use it.
    """

    name: str
    provider: str
    created: float
    kubernetes: str
    details: dict[str, object]
    kept: bool = True
    made: bool = True


def path(name: str) -> Path:
    """Where the record of a lab lies."""
    return paths.state_directory(name) / "record.json"


def save(record: Record) -> Path:
    """Write a record, whole or not at all, and return its path."""
    target = path(record.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(".part")
    temporary.write_text(json.dumps(asdict(record), indent=2))
    temporary.replace(target)
    return target


def load(name: str) -> Record | None:
    """The record of a lab, if it has one."""
    try:
        return Record(**json.loads(path(name).read_text()))
    except FileNotFoundError:
        return None


def complete(name: str) -> None:
    """Note that a lab's cluster is made."""
    found = load(name)
    if found is not None:
        save(replace(found, made=True))


def expect_complete(name: str) -> None:
    """Make sure that a lab's cluster can be used by others than its maker.

    Raises:
        Locked: It is still being made.
    """
    found = load(name)
    if found is not None and not found.made:
        called = _("lab {name}").format(name=name)
        raise Locked(_("is still being created"), object=called, next_step=f"lab status --name {name}")


def remove(name: str) -> None:
    """Forget a lab's cluster; the learner's workspace beside the record stays."""
    path(name).unlink(missing_ok=True)


def tidy(name: str) -> None:
    """Remove a lab's directory where nothing is left in it but the lock, and nobody holds that."""
    if path(name).parent.exists():
        with suppress(Locked), lock(name):
            pass


def names() -> list[str]:
    """The labs that have a record."""
    return sorted(file.parent.name for file in paths.state_directory().glob("labs/*/record.json"))


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Hold a lab while its cluster is made or deleted; ends with the process, however that ends.

    A directory that holds nothing but the lock afterwards goes with it.

    Raises:
        Locked: Another process holds it.
    """
    directory = paths.state_directory(name)
    with _open_locked(directory / "lock", name) as file:
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            if [entry.name for entry in directory.iterdir()] == ["lock"]:
                (directory / "lock").unlink()
                directory.rmdir()


def _open_locked(path: Path, name: str) -> TextIO:
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                return file
            file.close()  # its last holder removed it after it was opened here
        except BlockingIOError as error:
            with file:
                file.seek(0)
                holder = file.read().strip() or "?"
                raise Locked(
                    _("is being created or deleted by process {pid}").format(pid=holder),
                    object=_("lab {name}").format(name=name),
                    next_step=f"lab status --name {name}",
                ) from error

"""Records of clusters: what is on disk so that the next command, or the next day, knows what runs and what is left."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TextIO

from lab_helpers import files, locks, paths, wait
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = [
    "PROVIDERS",
    "ClusterRecord",
    "Locked",
    "Unreadable",
    "complete",
    "expect_complete",
    "expect_kept",
    "is_held",
    "load",
    "lock",
    "names",
    "path",
    "remove",
    "save",
    "tidy",
]


# What each provider needs to find a cluster again.
_DETAILS: dict[str, dict[str, type]] = {
    "embedded": {"directory": str, "network": int},
    "kind": {"directory": str},
    "k3d": {"directory": str},
    "existing": dict.fromkeys(
        ("server", "context", "registry", "registry_ca", "registry_config", "storage_class"), str
    ),
}
PROVIDERS = tuple(_DETAILS)
"""Who may have made a cluster."""

_FIELDS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "provider": str,
    "created": (int, float),
    "kubernetes": str,
    "details": dict,
    "kept": bool,
    "made": bool,
}

_DELETES = "deletes"  # what the file of a lock says beside its holder's process
_DELETION_SECONDS = 180.0  # longer than any keeper may take


class Locked(LabError):
    """Another process makes the lab's cluster, which is not yet anybody else's to use."""


class Unreadable(LabError):
    """What a record says cannot be understood: its writer was killed, or of another version, or somebody edited it."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            _("its record cannot be read: {reason}").format(reason=reason),
            object=_("lab {name}").format(name=name),
            last_event=str(path(name)),
            next_step=f"lab down --name {name}",
        )


@dataclass(frozen=True)
class ClusterRecord:
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


def save(record: ClusterRecord) -> Path:
    """Write a record, whole or not at all, and return its path."""
    target = path(record.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    return files.write(target, json.dumps(asdict(record), indent=2))


def load(name: str) -> ClusterRecord | None:
    """The record of a lab, if it has one.

    Raises:
        Unreadable: It has, and nobody can say what it means.
    """
    try:
        return _parse(path(name).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise Unreadable(name, str(error)) from error


def _parse(text: str) -> ClusterRecord:
    """A record from its JSON.

    Raises:
        ValueError: It is none: nothing else than this very form can be acted upon.
    """
    content = json.loads(text)
    _expect(content, _FIELDS)
    unknown = set(content) - set(_FIELDS)
    if unknown:
        raise ValueError(_("unknown: {unknown}").format(unknown=", ".join(sorted(unknown))))
    if content["provider"] not in PROVIDERS:
        raise ValueError(_("no such provider: {provider!r}").format(provider=content["provider"]))
    _expect(content["details"], _DETAILS[content["provider"]])
    return ClusterRecord(**content)


def _expect(content: object, fields: Mapping[str, type | tuple[type, ...]]) -> None:
    if not isinstance(content, dict):
        raise ValueError(_("no JSON object"))
    wrong = sorted(name for name, kind in fields.items() if not isinstance(content.get(name), kind))
    if wrong:
        raise ValueError(_("missing or of another type: {wrong}").format(wrong=", ".join(wrong)))


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


def expect_kept(name: str) -> None:
    """Make sure that a lab's cluster is there for others than whoever made it.

    Raises:
        LabError: It goes with its maker, and would go from under anybody else.
    """
    found = load(name)
    if found is not None and not found.kept:
        called = _("lab {name}").format(name=name)
        reason = _("was made for a run or a notebook that is under way, and goes when that ends")
        raise LabError(reason, object=called, next_step="--name ANOTHER")


def remove(name: str) -> None:
    """Forget a lab's cluster; the learner's workspace beside the record stays."""
    path(name).unlink(missing_ok=True)


def tidy(name: str) -> None:
    """Remove a lab's directory where nothing is left in it but the lock, and nobody holds that."""
    directory = path(name).parent
    if directory.exists():
        for file in _try_lock(directory, name):
            if not isinstance(file, Locked):
                with file:
                    _remove_unused(directory)


def names() -> list[str]:
    """The labs that have a record."""
    return sorted(file.parent.name for file in paths.state_directory().glob("labs/*/record.json"))


def is_held(name: str) -> bool:
    """Whether a process makes or deletes the lab's cluster at this moment."""
    for file in _try_lock(paths.state_directory(name), name):
        if not isinstance(file, Locked):
            file.close()
            return False
    return True


@contextmanager
def lock(name: str, *, deletes: bool = False) -> Iterator[None]:
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
    found: list[TextIO | Locked] = wait.until(
        lambda: _try_lock(directory, name),
        seconds=_DELETION_SECONDS,
        what="be gone",
        object=_("what lab {name} left").format(name=name),
        next_step=f"lab status --name {name}",
    )
    file = found[0]
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

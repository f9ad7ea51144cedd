"""What has become of a cluster that ended by itself: why, told by its keeper, and what a person can do about it."""

from __future__ import annotations

import json
import shutil
import signal
from dataclasses import asdict, dataclass
from pathlib import Path

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["ASKED", "FULL", "KEEPER", "KILLED", "OWNER_GONE", "RESTORE", "ClusterLost", "End", "explain", "is_full"]

ASKED, OWNER_GONE, FULL, RESTORE, KEEPER = "asked", "ownerless", "full", "restore", "keeper"
_FULL_BYTES = 16 << 20  # with so little left no program of a node can go on


class ClusterLost(LabError):
    """A cluster has ended under those who used it.

    Attributes:
        needs_room: Whether the disk is full, so that no other can be made before somebody makes room.
    """

    needs_room = False


@dataclass(frozen=True)
class End:
    """Why a keeper ends its cluster: what it tells whoever holds it, and leaves on disk.

    Attributes:
        cause: ``asked``, ``ownerless``, ``full`` (the disk), ``restore`` (of a checkpoint), ``keeper`` (a bug of its
            own), or the name of the part whose end it was: a node, the bridge, the registry; empty where the keeper
            was killed and told nothing.
        status: The exit status of that part; negative for the signal that ended it.
        log: The end of what that part printed.
    """

    cause: str
    status: int = 0
    log: str = ""

    def encode(self) -> bytes:
        """As it travels."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, encoded: bytes) -> End:
        """What ``encode`` made; that of a killed keeper where it was cut off."""
        try:
            return cls(**json.loads(encoded))
        except (ValueError, TypeError):
            return KILLED


KILLED = End("")


def explain(lab: str, end: End, directory: Path, *, is_kept: bool) -> ClusterLost:
    """The error that says why a cluster has ended.

    Args:
        lab: The lab's name.
        end: What its keeper told.
        directory: Where the cluster keeps its files.
        is_kept: Whether it was to live until it is deleted by name; else whoever ran on it runs again.
    """
    object_name, step = _("lab {name}").format(name=lab), f"lab up --name {lab}" if is_kept else "lab run"
    if end.cause == FULL or is_full(directory):
        reason = _("its cluster has ended: the disk is full below {directory}").format(directory=directory.parent)
        lost = ClusterLost(reason, object=object_name, last_event=end.log, next_step=f"df -h {directory.parent}")
        lost.needs_room = True
        return lost
    return ClusterLost(_reason(end), object=object_name, last_event=end.log, next_step=step)


def _reason(end: End) -> str:
    if end.cause == ASKED:
        return _("its cluster was deleted by another command")
    if end.cause == OWNER_GONE:
        return _("its cluster has ended: whoever made it has ended, or its keeper was stopped")
    if not end.cause:
        return _("its cluster has ended: its keeper was killed")
    if end.cause == RESTORE:
        return _("its cluster has ended: a checkpoint could not be put in its place")
    parts = {"bridge": _("its bridge"), "registry": _("its registry"), KEEPER: _("its keeper")}
    part = parts.get(end.cause) or _("its node {name}").format(name=end.cause)
    if end.status < 0:
        message = _("its cluster has ended: {part} was killed ({signal})")
        return message.format(part=part, signal=signal.Signals(-end.status).name)
    return _("its cluster has ended: {part} ended with {code}").format(part=part, code=end.status)


def is_full(directory: Path) -> bool:
    """Whether the disk below a cluster's directory has no room for it to go on."""
    try:
        return shutil.disk_usage(directory).free < _FULL_BYTES
    except OSError:
        return False

"""Checkpoints of a whole lab: its cluster's state, and with it the learner's workspace and progress."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import locks, paths
from lab_helpers.addons import applied
from lab_helpers.cluster import record
from lab_helpers.cluster.base import Cluster, Report
from lab_helpers.cluster.checkpoints import Checkpoint, Checkpoints
from lab_helpers.cluster.control import Refused
from lab_helpers.cluster.readiness import ready_pods
from lab_helpers.errors import LabError, NotSupported, Unwritable
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import mirror, progress
from lab_helpers.workbook.room import room
from lab_helpers.workbook.room.room_setup import MAP, configure_all_terminals, write_map

__all__ = ["Restored", "checkpoints_of", "expect_no_run", "restore", "restore_cluster", "save"]

_ARCHIVE = "kept"
_NOT_LEARNERS = (_ARCHIVE, MAP, "docs")  # what is kept aside stays there; what the lab writes it writes again
_LOCKS = (".run", ".lock")  # how the names of locks end, which are nobody's content


@dataclass(frozen=True)
class Restored:
    """What a restore left.

    Attributes:
        checkpoint: Where the lab is back at.
        aside: Where the workspace lies as it was before; None where it was as it is now.
    """

    checkpoint: Checkpoint
    aside: Path | None


def checkpoints_of(cluster: Cluster) -> Checkpoints:
    """What keeps the state of a cluster.

    Raises:
        NotSupported: Nothing does.
    """
    if cluster.checkpoints is None:
        raise NotSupported(
            _reason(cluster),
            object=_("lab {name}").format(name=cluster.name),
            next_step=f"lab reset 3 --name {cluster.name}   # {_('takes a phase back to its start')}",
        )
    return cluster.checkpoints


def _reason(cluster: Cluster) -> str:
    if cluster.nodes is not None and len(cluster.nodes.servers) > 1:
        return _("clusters with several servers keep no state to go back to")
    return _("clusters of provider {provider} keep no state to go back to").format(provider=cluster.provider)


def save(cluster: Cluster, name: str) -> Checkpoint:
    """Keep a lab as it is now.

    Raises:
        LabError: Its cluster cannot, there is one of that name, or it could not be written.
    """

    def add(directory: Path) -> None:
        try:
            mirror.copy(paths.workspace_directory(cluster.name), directory / "workspace", without=_NOT_LEARNERS)
            mirror.copy(_progress(cluster), directory / "progress", without=_locks(_progress(cluster)))
            mirror.copy(applied.directory(cluster), directory / "addons", without=_locks(applied.directory(cluster)))
        except OSError as error:
            raise Unwritable(Path(error.filename or directory), error) from error

    return checkpoints_of(cluster).save(name, ready_pods(cluster), add)


def restore(cluster: Cluster, name: str, report: Report) -> Restored:
    """Take a lab back to a checkpoint; the learner's workspace as it was before is kept aside.

    Raises:
        LabError: There is no such checkpoint, a headless run is in the lab, or it could not be gone back to; then the
            lab says so until it is.
    """
    checkpoints = checkpoints_of(cluster)
    checkpoint = checkpoints.get(name)
    command = f"lab checkpoint restore {name} --name {cluster.name}"
    expect_no_run(cluster, command)
    try:
        aside = _set_aside(cluster, name, checkpoints.place(name) / "learner/workspace")
        restore_cluster(cluster, name, command, report, lambda directory: _give_back(cluster, directory, report))
    except OSError as error:
        raise Unwritable(Path(error.filename or paths.workspace_directory(cluster.name)), error) from error
    return Restored(checkpoint, aside)


def restore_cluster(
    cluster: Cluster, name: str, command: str, report: Report, meanwhile: Callable[[Path], None]
) -> None:
    """Take a cluster, and what the lab has noted of it, back to a checkpoint; until it is, the lab says so.

    Args:
        cluster: Which.
        name: The checkpoint.
        command: What finishes it, where this process is killed.
        report: Told what happens.
        meanwhile: Gives back what is the learner's, in the directory at this path, while the cluster starts.

    Raises:
        LabError: There is no such checkpoint, or it could not be gone back to.
    """

    def give_back(directory: Path) -> None:
        try:
            mirror.mirror(directory / "addons", applied.directory(cluster), without=_locks(applied.directory(cluster)))
            shutil.rmtree(cluster.directory / "kubectl", ignore_errors=True)  # its cache knows other kinds of objects
            meanwhile(directory)
        except OSError as error:  # said here: the keeper, whose answer is waited for, has nothing to do with it
            raise Unwritable(Path(error.filename or paths.workspace_directory(cluster.name)), error) from error

    checkpoints, entry = checkpoints_of(cluster), record.load(cluster.name)
    checkpoints.get(name)
    record.change(cluster.name, restoring=command)
    try:
        checkpoints.restore(name, report, give_back)
    except Refused:
        record.change(cluster.name, restoring=entry.restoring if entry else "")
        raise
    record.change(cluster.name, restoring="")


def expect_no_run(cluster: Cluster, command: str, *, but: str = "") -> None:
    """Make sure that no headless run is in a lab, which would lose its ground.

    Args:
        cluster: The lab's.
        command: What to type once it has ended.
        but: The notebook that this process itself holds.

    Raises:
        LabError: One is.
    """
    for file in sorted(_progress(cluster).glob("*.run")):
        if file.stem != but and locks.is_held(file):
            raise LabError(
                _("{notebook} is run in it at this moment").format(notebook=file.stem),
                object=_("lab {name}").format(name=cluster.name),
                next_step=f"{command}   # {_('once it has ended')}",
            )


def _set_aside(cluster: Cluster, name: str, before: Path) -> Path | None:
    """Copy a workspace that is not what it will be to where kept work lies."""
    workspace = paths.workspace_directory(cluster.name)
    if not workspace.is_dir() or not mirror.differ(workspace, before, without=_NOT_LEARNERS):
        return None
    archive = workspace / _ARCHIVE
    numbers = {int(path.name.rpartition("-")[2]) for path in archive.glob(f"before-{name}-*[0-9]")}
    aside = archive / f"before-{name}-{max(numbers, default=0) + 1}"
    mirror.copy(workspace, aside, without=_NOT_LEARNERS)
    return aside


def _give_back(cluster: Cluster, directory: Path, report: Report) -> None:
    """Make a learner's files what they were, and have open pages notice."""
    was_begun = {file.stem for file in _progress(cluster).glob("*.json")}
    workspace = paths.workspace_directory(cluster.name)
    if workspace.is_dir() or any((directory / "workspace").iterdir()):
        mirror.mirror(directory / "workspace", workspace, without=_NOT_LEARNERS)
    mirror.mirror(directory / "progress", _progress(cluster), without=_locks(_progress(cluster)))
    notebooks = was_begun.union(progress.note_restored(cluster.name))
    if paths.room_directory(cluster.name).is_dir():
        write_map(cluster.name)
        configure_all_terminals(cluster, report)
        for notebook in sorted(notebooks):
            room.note_reset(cluster.name, notebook)


def _progress(cluster: Cluster) -> Path:
    return paths.progress_directory(cluster.name)


def _locks(directory: Path) -> list[str]:
    return [file.name for file in directory.glob("*") if file.suffix in _LOCKS]

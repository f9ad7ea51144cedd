"""Take a learner back to the start of a phase, and keep what they had."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import checkout, paths
from lab_helpers.cluster import record
from lab_helpers.cluster.base import Cluster, Report
from lab_helpers.errors import Unwritable
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.learner.prose import says_the_same
from lab_helpers.workbook.room import room
from lab_helpers.workbook.room.room_setup import configure_all_terminals, copy_notebook, write_map
from lab_helpers.workbook.session import starts
from lab_helpers.workbook.session.opening import MakeRoom, alone_in, begin, make_room

__all__ = ["Reset", "reset"]


@dataclass(frozen=True)
class Reset:
    """What a reset left.

    Attributes:
        workspace: The fresh workspace.
        remarks: What the repositories begin with, and where the earlier work is now, a sentence each.
        is_restored: Whether all of the cluster is as it was when the phase was begun; else its namespaces are empty.
        outdated: The other notebooks that begin again when they are opened next.
    """

    workspace: Path
    remarks: tuple[str, ...]
    is_restored: bool = False
    outdated: tuple[str, ...] = ()


def reset(outline: Outline, cluster: Cluster, report: Report) -> Reset:
    """Bring cluster, workspace, notebook and progress of a phase to its start.

    Raises:
        LabError: A headless run is in it, something could not be written, or the cluster does not answer.
    """
    typed = starts.reset_command(cluster.name, outline.notebook)
    record.expect_whole(cluster.name, but=typed)
    with alone_in(outline, cluster.name, typed, f"{typed}   # {_('once it has ended')}"):
        return _reset(outline, cluster, report)


def _reset(outline: Outline, cluster: Cluster, report: Report) -> Reset:
    is_kept, outdated = starts.has_start(cluster, outline.notebook), list[str]()

    def go_back(_outline: Outline, _cluster: Cluster, _report: Report) -> None:
        outdated.extend(starts.go_back(cluster, outline.notebook, report))

    clear: MakeRoom = go_back if is_kept else make_room
    workspace, _fresh = begin(outline, cluster, report, learner=True, clear=clear)
    if not is_kept:
        starts.keep_start(cluster, outline.notebook, report)
    try:
        notebook = _set_notebook_aside(outline, cluster.name)
        if notebook is not None:
            # Only this one: another may be open on a page, and in another language than this command speaks.
            copy_notebook(cluster.name, f"{outline.notebook}.ipynb")
        write_map(cluster.name)
        configure_all_terminals(cluster, report)
        room.note_reset(cluster.name, outline.notebook)
    except OSError as error:
        raise Unwritable(Path(error.filename or paths.workspace_directory(cluster.name)), error) from error
    page = [] if notebook is None else [_("your notebook is in {file}").format(file=notebook)]
    remarks = (*workspace.begins, *workspace.remarks, *page)
    return Reset(workspace.directory, remarks, is_kept, tuple(outdated))


def _set_notebook_aside(outline: Outline, name: str) -> Path | None:
    """Keep the learner's own notebook, if they have one and it is not as it was given to them."""
    own = paths.workspace_directory(name) / "notebooks" / f"{outline.notebook}.ipynb"
    if not own.exists() or says_the_same(own, checkout.notebooks_directory() / own.name):
        return None
    digest = hashlib.sha256(own.read_bytes()).hexdigest()[:12]
    archive = paths.workspace_directory(name) / "kept" / f"{own.stem}-{digest}.ipynb"
    archive.parent.mkdir(exist_ok=True)
    own.replace(archive)
    return archive

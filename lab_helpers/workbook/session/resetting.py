"""Take a learner back to the start of a phase, and keep what they had."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import checkout, paths
from lab_helpers.cluster.base import Cluster, Report
from lab_helpers.errors import Unwritable
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.learner.prose import says_the_same
from lab_helpers.workbook.room import room
from lab_helpers.workbook.room.room_setup import configure_all_terminals, copy_notebook, write_map
from lab_helpers.workbook.session.opening import alone_in, begin

__all__ = ["Reset", "reset"]


@dataclass(frozen=True)
class Reset:
    """What a reset left.

    Attributes:
        workspace: The fresh workspace.
        remarks: What the repositories begin with, and where the earlier work is now, a sentence each.
    """

    workspace: Path
    remarks: tuple[str, ...]


def reset(outline: Outline, cluster: Cluster, report: Report) -> Reset:
    """Bring cluster, workspace, notebook and progress of a phase to its start.

    Raises:
        LabError: A headless run is in it, something could not be written, or the cluster does not answer.
    """
    typed = f"lab reset {outline.notebook.partition('_')[0].lstrip('0')}"
    with alone_in(outline, cluster.name, typed, f"{typed}   # {_('once it has ended')}"):
        return _reset(outline, cluster, report)


def _reset(outline: Outline, cluster: Cluster, report: Report) -> Reset:
    workspace, _fresh = begin(outline, cluster, report, learner=True)
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
    return Reset(workspace.directory, (*workspace.begins, *workspace.remarks, *page))


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

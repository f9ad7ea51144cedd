"""Give a learner one file back, or all files of a step, as the notebook has them; what was there is kept."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import checkout, paths
from lab_helpers.cluster.base import Cluster
from lab_helpers.errors import LabError, Unwritable
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.outlines import Outline, Step
from lab_helpers.workbook.learner import moving
from lab_helpers.workbook.learner.beginning import kept_on
from lab_helpers.workbook.learner.history import WHOLE
from lab_helpers.workbook.learner.localizing import localize
from lab_helpers.workbook.learner.repository import START, Repository
from lab_helpers.workbook.learner.workspace import files_below, find, lay_template, mend, replay

__all__ = ["Restored", "is_given", "is_phase", "restore"]

_STEP = re.compile(r"0?(?P<phase>\d+)\.\d+")


@dataclass(frozen=True)
class Restored:
    """What was given back.

    Attributes:
        workspace: Where.
        files: The files, relative to it; none where all were as they should be.
        remarks: Where what was in their place is now, a sentence each.
    """

    workspace: Path
    files: tuple[Path, ...]
    remarks: tuple[str, ...]


def is_phase(target: str) -> bool:
    """Whether this is a phase, by number or by name, rather than a step or a file."""
    return "." not in target and "/" not in target and not is_given(Path(target))


def is_given(file: Path) -> bool:
    """Whether a notebook gives this file, so that ``restore`` can bring it back.

    Args:
        file: Relative to the workspace.
    """
    return any(_gives(outline, file) for outline in _outlines())


def restore(cluster: Cluster, target: str) -> Restored:
    """Bring back a file as the notebook gave it, or all files of a step as they were when it began.

    In a repository that is a commit; a ``.git`` that is gone is made again, whatever else is asked for. Neither the
    cluster nor what was proven is changed.

    Args:
        cluster: The learner's.
        target: The step's id; or the file, from where they are or from the top of the workspace.

    Raises:
        LabError: There is no such step or file, no workspace, or something cannot be written.
    """
    match = _STEP.fullmatch(target)
    if match is not None:
        outline = outlines.load_phase(match["phase"])
        step = outline.step(target.lstrip("0"))
        return _put_back(outline, cluster, Path(), outline.steps[: outline.steps.index(step)])
    outline, file = _giver(cluster.name, target)
    return _put_back(outline, cluster, file, ())


def _giver(name: str, target: str) -> tuple[Outline, Path]:
    """The lab that has given a file, and the file relative to its workspace."""
    outlines = _outlines()
    for outline in outlines:
        workspace, absolute = (paths.workspace_directory(name) / outline.notebook).resolve(), Path(target).resolve()
        if absolute.is_relative_to(workspace) and _gives(outline, absolute.relative_to(workspace)):
            return outline, absolute.relative_to(workspace)
    giving = [outline for outline in outlines if _gives(outline, Path(target))]
    if not giving:
        text = _("is no phase, no step, and no file that a notebook gives")
        raise LabError(text, object=repr(target), next_step=f"ls {paths.workspace_directory(name)}")
    return max(giving, key=lambda outline: _begun(name, outline)), Path(target)


def _outlines() -> list[Outline]:
    return list(map(outlines.load, outlines.notebooks()))


def _gives(outline: Outline, file: Path) -> bool:
    """Whether a lab's workspace begins with this file."""
    if file.is_absolute() or ".." in file.parts:
        return False
    if any(file == Path(part) / ".git" for part in outline.repositories):
        return True
    if any(file.is_relative_to(part) for part in outline.repositories):
        below = file.relative_to(WHOLE) if file.is_relative_to(WHOLE) else file
        return (checkout.source_directory() / below).exists()
    return file != Path() and (outline.directory / "starter" / file).exists()


def _begun(name: str, outline: Outline) -> float:
    """When the learner was last at work in a notebook."""
    file = paths.progress_directory(name) / f"{outline.notebook}.json"
    return file.stat().st_mtime if file.exists() else 0.0


def _put_back(outline: Outline, cluster: Cluster, part: Path, done: Sequence[Step]) -> Restored:
    """Put back what differs below a part of the workspace from what it is once these steps are done."""
    workspace = find(outline, cluster.name)
    if workspace is None:
        text = _("has no workspace yet: open the notebook first")
        raise LabError(text, object=outline.notebook, next_step=f"lab open --name {cluster.name}")
    directory = workspace.directory
    remarks = mend(outline, cluster.name)
    with tempfile.TemporaryDirectory(prefix="lab-restore-") as scratch:
        right = Path(scratch) / "right"
        lay_template(outline, right, lambda copy: localize(copy, cluster), begun=directory)
        replay(outline, right, done)
        files = [file for file in files_below(right) if part in (file, *file.parents)]
        differing = [file for file in files if not _is_same(directory / file, right / file)]
        for repository in outline.repositories:
            below = [file for file in differing if file.is_relative_to(repository)]
            if below:
                remarks += _give_back(directory, repository, right, below)
        loose = [file for file in differing if not any(file.is_relative_to(part) for part in outline.repositories)]
        archive = _replace(directory, right, loose, keeps=True)
    if archive is not None:
        remarks.append(_("what was there is in {directory}").format(directory=archive))
    return Restored(directory, tuple(differing), tuple(remarks))


def _give_back(workspace: Path, name: str, right: Path, files: Sequence[Path]) -> list[str]:
    """Put back files of a repository, and commit them; what was in no commit is on a branch first."""
    repository = Repository(workspace / name)
    repository.expect_unlocked()
    snapshot = moving.uncommitted(repository, "Keep what was in no commit when files were given back", START)
    branches = moving.keep(repository, [snapshot])
    archive = _replace(workspace, right, files, keeps=False)
    names = [str(file.relative_to(name)) for file in files]
    repository.commit(f"Give back {', '.join(names)}", paths=names)
    remarks = [kept_on(name, branch) for branch in branches]
    return [*remarks, _("what was there is in {directory}").format(directory=archive)] if archive else remarks


def _is_same(first: Path, second: Path) -> bool:
    try:
        return filecmp.cmp(first, second, shallow=False) and os.access(first, os.X_OK) == os.access(second, os.X_OK)
    except OSError:
        return False


def _replace(workspace: Path, right: Path, files: Sequence[Path], *, keeps: bool) -> Path | None:
    """Put files in their places; what stands in their way, and if asked the files, go to a directory, returned."""
    archive: Path | None = None
    try:
        for file in files:
            for there in (*reversed(file.parents[:-1]), file):  # a file may stand where a directory belongs
                is_wrong = (workspace / there).is_dir() == (there == file)
                if os.path.lexists(workspace / there) and (is_wrong or (keeps and there == file)):
                    archive = archive or _new_directory(workspace)
                    (archive / there).parent.mkdir(parents=True, exist_ok=True)
                    (workspace / there).replace(archive / there)
            (workspace / file).parent.mkdir(parents=True, exist_ok=True)
            (workspace / file).unlink(missing_ok=True)  # else what is written goes where a link leads
            shutil.copy2(right / file, workspace / file)
    except OSError as error:
        raise Unwritable(Path(error.filename or workspace), error, next_step="df -h") from error
    return archive


def _new_directory(workspace: Path) -> Path:
    parent = workspace.parent / "kept"
    parent.mkdir(exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{workspace.name}-", dir=parent))

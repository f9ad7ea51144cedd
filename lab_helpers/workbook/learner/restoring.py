"""Give a learner one file back, or all files of a step, as the notebook has them; what was there is kept aside."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from lab_helpers import checkout, paths
from lab_helpers.cluster.base import Cluster
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course import answers, outlines
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.learner.localizing import localize
from lab_helpers.workbook.learner.workspace import SECRET_FILES, find, lay_template

__all__ = ["Restored", "is_given", "is_phase", "restore"]

_STEP = re.compile(r"0?(?P<phase>\d+)\.\d+")


@dataclass(frozen=True)
class Restored:
    """What was given back.

    Attributes:
        workspace: Where.
        files: The files, relative to it; none where all were as they should be.
        kept: Where what was in their place lies now; None where nothing was.
    """

    workspace: Path
    files: tuple[Path, ...]
    kept: Path | None


def is_phase(what: str) -> bool:
    """Whether this is a phase, by number or by name, rather than a step or a file."""
    return "." not in what and "/" not in what


def is_given(file: Path) -> bool:
    """Whether a notebook gives this file, so that ``restore`` can bring it back.

    Args:
        file: Relative to the workspace.
    """
    return any(_gives(outline, file) for outline in _outlines())


def restore(cluster: Cluster, what: str) -> Restored:
    """Bring back a file as the notebook gave it, or all files of a step as they were when it began.

    Neither the cluster nor what was proven is changed.

    Args:
        cluster: The learner's.
        what: The step's id; or the file, from where they are or from the top of the workspace.

    Raises:
        LabError: There is no such step or file, no workspace, or something cannot be written.
    """
    match = _STEP.fullmatch(what)
    if match is not None:
        outline = outlines.load_phase(match["phase"])
        step = outline.step(what.lstrip("0"))
        return _put_back(outline, cluster, Path(), outline.steps[: outline.steps.index(step)])
    outline, file = _meant(cluster.name, what)
    return _put_back(outline, cluster, file, ())


def _meant(name: str, what: str) -> tuple[Outline, Path]:
    """The lab that has given a file, and the file relative to its workspace."""
    outlines = _outlines()
    for outline in outlines:
        workspace, here = (paths.workspace_directory(name) / outline.notebook).resolve(), Path(what).resolve()
        if here.is_relative_to(workspace) and _gives(outline, here.relative_to(workspace)):
            return outline, here.relative_to(workspace)
    giving = [outline for outline in outlines if _gives(outline, Path(what))]
    if not giving:
        text = _("is no phase, no step, and no file that a notebook gives")
        raise LabError(text, object=repr(what), next_step=f"ls {paths.workspace_directory(name)}")
    return max(giving, key=lambda outline: _begun(name, outline)), Path(what)


def _outlines() -> list[Outline]:
    return list(map(outlines.load, outlines.notebooks()))


def _gives(outline: Outline, file: Path) -> bool:
    """Whether a lab's workspace begins with this file."""
    if file.is_absolute() or ".." in file.parts:
        return False
    if any(file.is_relative_to(part) for part in outline.template):
        return (checkout.source_directory() / file).exists()
    return file != Path() and (outline.directory / "starter" / file).exists()


def _begun(name: str, outline: Outline) -> float:
    """When the learner was last at work in a notebook."""
    file = paths.progress_directory(name) / f"{outline.notebook}.json"
    return file.stat().st_mtime if file.exists() else 0.0


def _put_back(outline: Outline, cluster: Cluster, part: Path, done: Sequence[outlines.Step]) -> Restored:
    """Put back what differs below a part of the workspace from what it is once these steps are done."""
    workspace = find(outline, cluster.name)
    if workspace is None:
        text = _("has no workspace yet: open the notebook first")
        raise LabError(text, object=outline.notebook, next_step=f"lab open --name {cluster.name}")
    with tempfile.TemporaryDirectory(prefix="lab-restore-") as scratch:
        right = Path(scratch) / "right"
        lay_template(outline, right, lambda directory: localize(directory, cluster))
        for step in done:
            answer = answers.solution(outline, step.id)
            answer.edit(right)
            answer.tidy(right)
        found = (file.relative_to(right) for file in sorted(right.rglob("*")) if file.is_file())
        files = [file for file in found if part in (file, *file.parents) and not fnmatch(file.name, SECRET_FILES)]
        differing = [file for file in files if not _same(workspace.directory / file, right / file)]
        return Restored(workspace.directory, tuple(differing), _replace(workspace.directory, right, differing))


def _same(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False


def _replace(workspace: Path, right: Path, files: Sequence[Path]) -> Path | None:
    """Put files in their places; what was there goes to a directory of its own, which is returned."""
    kept: Path | None = None
    try:
        for file in files:
            for there in (*reversed(file.parents[:-1]), file):  # a file may stand where a directory belongs
                is_wrong = (workspace / there).is_dir() == (there == file)
                if os.path.lexists(workspace / there) and (there == file or is_wrong):
                    kept = kept or _new_directory(workspace)
                    (kept / there).parent.mkdir(parents=True, exist_ok=True)
                    (workspace / there).replace(kept / there)
            (workspace / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(right / file, workspace / file)
    except OSError as error:
        reason = _("cannot be written: {reason}").format(reason=error.strerror or error)
        raise LabError(reason, object=str(error.filename or workspace), next_step="df -h") from error
    return kept


def _new_directory(workspace: Path) -> Path:
    parent = workspace.parent / "kept"
    parent.mkdir(exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{workspace.name}-", dir=parent))
